"""What people decided: the YAML of an inventory as validated, frozen models. One module a subject; `document` says what a file may hold."""
