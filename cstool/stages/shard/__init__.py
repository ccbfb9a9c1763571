"""The stage `shard`: writes a corpus of switched sentences, with a dataset card."""
