"""The steps of the pipeline, one file a stage: from slices to parts."""
