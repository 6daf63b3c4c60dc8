"""Sites put together from land and soil: jars, plots, profiles."""
