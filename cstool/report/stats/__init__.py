"""`cstool stats`: counts and code-mixing measures of output folders."""
