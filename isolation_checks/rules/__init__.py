"""The rules, one file a family. A rule reads a `Case` and returns an `Outcome`; it never decides about exceptions."""
