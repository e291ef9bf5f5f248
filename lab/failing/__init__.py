"""A lab in which things fail at random, while probes watch that nothing forbidden ever arrives."""
