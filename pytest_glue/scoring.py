"""Documented alias of `pytest_glue.training.evaluate_metric`: the tasks' metrics as an `evaluate.Metric`."""

from pytest_glue.training.evaluate_metric import GlueMetric

__all__ = ["GlueMetric"]
