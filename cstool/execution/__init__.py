"""How work is run: options, executors, progress, errors. Knows nothing of what is done."""
