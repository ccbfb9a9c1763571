"""Languages: codes, names, scripts, fallbacks, labels, and word counts."""
