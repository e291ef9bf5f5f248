"""Sets of packets."""
