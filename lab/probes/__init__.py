"""Packets that are sent through a running lab, and what is seen of them on the way."""
