"""The stage `switch`: replaces anchors by labels in other languages."""
