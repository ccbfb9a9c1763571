"""What Wikimedia's files are called, and which of them belong together."""
