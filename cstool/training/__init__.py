"""Training with PyTorch and transformers: needs `cstool[train]`."""
