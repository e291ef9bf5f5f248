"""Tier T2: the routes that every device computes from what the configs say and from what is up."""
