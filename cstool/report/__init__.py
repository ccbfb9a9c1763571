"""What a folder holds, in numbers."""
