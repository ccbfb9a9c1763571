"""The pipeline as files for make and Slurm, and the Makefile of a corpus that includes them."""
