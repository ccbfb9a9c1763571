"""The parts of a dataset card that the cards of `shard` and `mix` share."""
