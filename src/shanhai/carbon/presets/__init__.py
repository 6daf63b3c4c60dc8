"""Presets that need the analyses of carbon: `Settings` say what is run, `run` gives a `Result`."""
