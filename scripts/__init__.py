"""Programs for the development of cstool; run as `python -m scripts.FOLDER.NAME`."""
