"""The program `cstool`, also as `python -m cstool`: signals first, then the long imports."""

import gc
import signal
import sys


def main() -> None:
    """Run the command line."""
    gc.disable()  # during the imports, which create many objects and no garbage
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        # Until ours is imported: to end without a word, not in a traceback of an import.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        from cstool.execution.signals import end_on_signals

        end_on_signals()
        from cstool.cli.main import main as run
    except MemoryError:
        sys.exit("cstool: out of memory before it could start; allow more (`ulimit -v`)")
    run()


if __name__ == "__main__":
    main()
