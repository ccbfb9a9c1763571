"""Compare output folders with their manifests."""
