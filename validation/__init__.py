"""Scripts that make every number and figure of docs/validation.md."""
