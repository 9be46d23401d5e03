"""Benchmarks of the package; `python -m benchmarks` prints them."""
