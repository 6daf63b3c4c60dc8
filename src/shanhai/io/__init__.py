"""Files in and out: readers that refuse what is ambiguous, CF metadata, provenance. xarray lives here and above."""
