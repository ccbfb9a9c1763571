"""What lies on disk: schemas, parts, manifests, and the indexes that are memory-mapped."""
