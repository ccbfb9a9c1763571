"""`cstool show`: prints rows and entities in a terminal."""
