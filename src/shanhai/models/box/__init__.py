"""Box models of the carbon cycle: `Settings` say what is run, `run` gives a `Result`."""
