"""Hyperparameter search: a study on part of the training data, run by one of several backends."""
