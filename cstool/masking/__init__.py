"""From sentences with entities to what a model is to predict, as pure functions over arrays."""
