"""Sites with their tables: jars, plots and profiles run, fitted and compared with what was measured."""
