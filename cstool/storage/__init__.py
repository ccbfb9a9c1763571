"""Files on disk: schemas, parts, manifests, runs, and memory-mapped indexes."""
