"""The stage `switch`: mentions replaced by labels in other languages."""
