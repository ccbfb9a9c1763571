"""The stage `shard`: switched sentences to a Parquet corpus with a dataset card."""
