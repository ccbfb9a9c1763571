"""Languages: their codes and names. Tables as data, look-ups as code."""
