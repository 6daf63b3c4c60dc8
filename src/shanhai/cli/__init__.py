"""The command line: `shanhai flux | check | ...`. Commands import what they need when they run."""

import sys


def main() -> None:
    """Run the command line; errors made by us end in one sentence and exit code 2, interruption in 130."""
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
