"""`cstool lexicon`: pairs of names of entities in two languages."""
