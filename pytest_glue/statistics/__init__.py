"""The statistics of a verdict: pure functions of arrays on NumPy and SciPy, usable without pytest."""
