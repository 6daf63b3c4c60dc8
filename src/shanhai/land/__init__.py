"""Land: so far the carbon of the whole land as a few pools."""
