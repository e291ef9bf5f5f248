"""The verbs: Nornir tasks, the tables and documents people read, and the command line."""
