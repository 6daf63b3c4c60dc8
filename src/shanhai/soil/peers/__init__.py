"""Published models of soil carbon and nutrients as compositions of the same building blocks."""
