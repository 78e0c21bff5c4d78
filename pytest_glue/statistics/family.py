"""The error rate of a run with many items: Bonferroni while it runs, Holm once all is known."""

import numpy as np
from numpy.typing import ArrayLike

from pytest_glue.statistics.metrics import Floats


def bonferroni(alpha: float, family_size: int) -> float:
    """Return the error rate at which each of `family_size` items is tested while the others are unknown.

    It needs nothing but the number of items, which every worker knows from the collection, and keeps the rate of one
    false rejection or more in the whole run at alpha, however the items depend on each other.
    """
    if family_size < 1:
        raise ValueError(f"family size {family_size!r}; accepted: 1 or more")
    return alpha / family_size


def holm_p_values(p_values: ArrayLike) -> Floats:
    """Return p values adjusted for their number (Holm 1979): compare each with alpha itself. Same shape, (m,).

    Holm rejects all that Bonferroni rejects and some more, at the same rate for the whole family. NaN, for a test
    that could not be made, stays NaN and counts as a member.
    """
    p = np.asarray(p_values, np.float64)
    filled = np.where(np.isnan(p), 1.0, p)
    if p.ndim != 1 or ((filled < 0) | (filled > 1)).any():
        raise ValueError(f"p values {p_values!r}; accepted: a sequence of numbers from 0 to 1")
    order = np.argsort(filled, kind="stable")
    adjusted = np.empty_like(filled)
    adjusted[order] = np.minimum(np.maximum.accumulate(filled[order] * (p.size - np.arange(p.size))), 1.0)
    return np.where(np.isnan(p), np.nan, adjusted)
