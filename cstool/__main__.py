"""The program `cstool`, also as `python -m cstool`: signals first, then the long imports."""

from cstool.running.signals import end_on_signals


def main() -> None:
    """Run the command line."""
    end_on_signals()
    from cstool.cli.main import main as run

    run()


if __name__ == "__main__":
    main()
