"""Statistics of scores and verdicts: pure functions of arrays, on NumPy and SciPy."""
