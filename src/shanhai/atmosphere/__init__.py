"""The air: so far its global mean, as carbon-cycle box models need it."""
