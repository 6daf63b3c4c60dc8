"""Where components meet: surfaces solved together, amounts handed over."""
