"""Proofs of isolation from config text, cabling and policy."""
