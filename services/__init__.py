"""One folder a system: service.yaml says what it is, whatever the city."""
