"""Reports: each a function of evaluations."""
