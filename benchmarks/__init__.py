"""Benchmarks: never timed tests, always ratios. `python -m benchmarks [NAME ...] [--record]`."""
