"""Hyperparameter search: a study over part of the training data, by one of the backends of `backends.py`."""
