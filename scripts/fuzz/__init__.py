"""Random faults: hostile input, damage, kills, signals."""
