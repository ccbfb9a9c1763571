"""Statistics, rows, reports and verification of output folders, and their upload."""
