"""One folder a platform: Jinja templates and platform.yaml, the facts of that platform."""
