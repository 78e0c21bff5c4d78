"""Verdicts on scores: thresholds, baselines, diagnostics and rankings."""
