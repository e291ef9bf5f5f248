"""Pictures of the city, from its facts. ``drawing`` is the way in; ``words`` is light, and tables use it too."""
