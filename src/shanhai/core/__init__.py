"""Parameters, notation and errors: what every room of the house stands on."""
