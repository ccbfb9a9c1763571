"""The files of a corpus: the formats that `shard` and `mix` write."""
