"""The stage `romanize`: text in Latin letters beside the text of each row."""
