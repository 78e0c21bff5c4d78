"""What groups of examples that depend on each other do to the moments of a mean over examples."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from pytest_glue.statistics.metrics import Floats
from pytest_glue.statistics.scored_runs import ScoredRuns
from pytest_glue.statistics.variance import variance_components


@dataclass(frozen=True, slots=True)
class GroupDesign:
    """The groups of a split, and how much their examples depend on each other; arrays of shape (...)."""

    n_examples: int
    n_groups: int
    size: float
    """Examples in an example's group, on average over examples."""
    effect: Floats | float
    """The design effect (Kish 1965): the variance of a mean over these examples, in units of that of as many
    independent ones. It is 1 for independent examples, and `size` if all examples of a group change together."""

    @classmethod
    def independent(cls, n_examples: int) -> Self:
        """Return the design of examples without groups."""
        return cls(n_examples, n_examples, 1.0, 1.0)

    @classmethod
    def of(cls, sides: Sequence[ScoredRuns]) -> Self:
        """Return the design of the examples of one side or two, with the effect on the interaction with seeds."""
        n_groups, grouping = sides[0].influences.shape[-1], sides[0].grouping
        if grouping is None:
            return cls.independent(n_groups)
        single = [side.by_example() for side in sides]
        both, apart = (variance_components(each[0], each[-1]).residual_variance for each in (sides, single))
        # If all runs agree, nothing shows that examples depend on each other.
        effect = np.where(apart > 0, both / np.where(apart > 0, apart, 1.0), 1.0)
        n_examples = grouping.influences.shape[-1]
        return cls(n_examples, n_groups, grouping.size, np.clip(effect, 1 / grouping.size, grouping.size))

    @property
    def shared(self) -> Floats:
        """The share of the excess of a moment that the sum over a group keeps, shape (...): 1 without groups."""
        return np.asarray(self.effect, np.float64) / self.size

    def kurtosis(self, of_example: Floats) -> Floats:
        """Return the kurtosis of the sums over groups, from that of one example, shape (..., points).

        Sums over many independent examples are normal, with a variance in proportion to their number.
        """
        unequal = self.size * self.n_groups / self.n_examples
        return np.asarray(3 * unequal + (of_example - 3) * self.shared[..., np.newaxis], np.float64)

    def degrees_of_freedom(self, kurtosis: Floats) -> Floats:
        """Return the effective number of groups that differ, less 1, as `variance_components` is expected to find it.

        It is G / kurtosis - 1 if few examples change, all alike, and (G - 1) / kurtosis for normal sums over large
        groups, whose kurtosis in a sample is 3 G / (G + 2) instead of 3.
        """
        normal = 1 - 1 / self.size
        df = self.n_groups / kurtosis - 1 + normal * (1 - 1 / kurtosis)
        return np.asarray(np.clip(df, 1.0, max(self.n_groups - 1, 1)), np.float64)
