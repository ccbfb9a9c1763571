"""`cstool report`: a folder as one HTML file that needs nothing else."""
