"""Tier T2: where packets go when devices forward by their routing tables, under given failures."""
