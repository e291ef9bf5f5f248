"""Tier T1: which packets can get from whom to whom over any route that VRFs, filters, zone policies, translations and gatekeepers allow."""
