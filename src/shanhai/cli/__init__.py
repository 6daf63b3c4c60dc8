"""The command line: `shanhai flux | check | ...`. Commands import what they need when they run."""

import os
import sys
from pathlib import Path


def main() -> None:
    """Run the command line; errors made by us end in one sentence and exit code 2, interruption in 130."""
    keep_compiled()
    from shanhai.cli.app import app
    from shanhai.core.errors import ShanhaiError

    try:
        app(sys.argv[1:])
    except ShanhaiError as error:
        print(f"shanhai: {error}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        print("shanhai: interrupted; the same command goes on where it stopped", file=sys.stderr)
        sys.exit(130)


def keep_compiled() -> None:
    """Keep what JAX compiles in the user's cache folder, so that the second run of a command starts at once.

    JAX_COMPILATION_CACHE_DIR names another folder; an empty one turns it off.
    """
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "shanhai" / "compiled"
    os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(folder))
    os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0.3")
