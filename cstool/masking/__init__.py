"""Build masked training examples from sentences with entities: pure functions over arrays."""
