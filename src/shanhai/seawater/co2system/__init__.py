"""The carbonate system of sea water: from any pair of its quantities to all of them."""
