"""`cstool report`: makes a self-contained HTML report of a folder."""
