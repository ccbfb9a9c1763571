"""Lets `python -m cstool` do what the command `cstool` does."""

from cstool.cli.main import main

if __name__ == "__main__":
    main()
