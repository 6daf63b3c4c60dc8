"""`python -m shanhai`."""

from shanhai.cli import main

main()
