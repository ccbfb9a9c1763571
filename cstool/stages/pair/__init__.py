"""The stage `pair`: documents of pages about one entity in several wikis."""
