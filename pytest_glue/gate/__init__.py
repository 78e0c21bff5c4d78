"""Scores in, verdicts out: thresholds, baselines and the statistics under them."""
