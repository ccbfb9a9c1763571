"""The stages of the pipeline, one package for each: they make parts from slices."""
