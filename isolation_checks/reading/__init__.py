"""Config text to Snapshot: one parser a platform, from the platforms' documented syntax."""
