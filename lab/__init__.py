"""A running lab of real routers from the same configs, and what its probes observe."""
