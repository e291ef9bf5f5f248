"""Intent -> Network: facts first, then the design that follows from them. Mutable helpers live and die inside one call."""
