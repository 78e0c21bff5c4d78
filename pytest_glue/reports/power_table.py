"""The tables of `pytest-glue power`: what a comparison can detect, by seeds and number of items."""

import math
from dataclasses import dataclass
from typing import Any

from pytest_glue.core.formatting import count
from pytest_glue.core.metrics import find_metric
from pytest_glue.gate.planning import PlannedItem
from pytest_glue.reports.table import plain_lines


@dataclass(frozen=True, slots=True)
class PowerTable:
    """The rows and columns of a table, and what its cells are."""

    seeds: tuple[int, ...]
    """The candidate's."""
    family_sizes: tuple[int, ...]
    """Numbers of items of a test run."""
    max_seeds: int | None = None
    """Up to which seeds are added by interim analyses; None for a single analysis."""
    alpha: float = 0.05
    """The error rate of the whole test run."""
    drop: float | None = None
    """The drop whose power is shown; None to show minimum detectable drops."""

    def lines(self, item: PlannedItem) -> list[str]:
        """Return the table of an item, below two lines that say what it is."""
        names = ("seeds", *(count(size, "item") for size in self.family_sizes))
        rows = [
            (self._seeds_text(seeds), *(self._cell(item, self.value(item, seeds, size)) for size in self.family_sizes))
            for seeds in self.seeds
        ]
        return [self._title(item), self._meaning(item), *plain_lines(names, rows, right=names)]

    def value(self, item: PlannedItem, seeds: int, family_size: int) -> float | None:
        """Return the minimum detectable drop, or the power for the drop; None if there is none."""
        from pytest_glue.statistics.error_rates import error_rates, interim_analyses
        from pytest_glue.statistics.power import minimum_detectable_drop, power

        last = max(seeds, self.max_seeds or seeds)
        alpha, _ = error_rates(self.alpha, family_size, interim_analyses(seeds, last))
        sides = last, item.baseline_seeds or last
        if self.drop is None:
            value = float(minimum_detectable_drop(item.run, sides, alpha))
        elif self.drop <= item.run.largest_drop:
            value = float(power(item.run, sides, self.drop, alpha))
        else:
            return None
        return None if math.isnan(value) else value

    def cells(self, item: PlannedItem) -> list[dict[str, Any]]:
        """Return the table of an item as plain data: a mapping for each cell."""
        return [
            {
                "task": item.task,
                "checkpoint": item.checkpoint,
                "metric": item.run.metric,
                "score": item.run.mean_score,
                "n_eval": item.run.n_examples,
                "source": item.source,
                "seeds": seeds,
                "max_seeds": max(seeds, self.max_seeds or seeds),
                "baseline_seeds": item.baseline_seeds or max(seeds, self.max_seeds or seeds),
                "family_size": size,
                "alpha": self.alpha,
                **self._named(self.value(item, seeds, size)),
            }
            for seeds in self.seeds
            for size in self.family_sizes
        ]

    def _named(self, value: float | None) -> dict[str, float | None]:
        if self.drop is None:
            return {"minimum_detectable_drop": value}
        return {"drop": self.drop, "power": value}

    def _title(self, item: PlannedItem) -> str:
        name = item.task if item.checkpoint is None else f"{item.task} · {item.checkpoint}"
        metric = find_metric(item.run.metric)
        deviation = metric.text(float(item.run.seeds) ** 0.5)
        design = item.run.groups
        groups = f" in {count(design.n_groups, 'group')}" if design.n_groups < design.n_examples else ""
        score = f"{metric.name} {metric.text(item.run.mean_score)}, n={design.n_examples}{groups}"
        return f"{name}: {score}, standard deviation between seeds {deviation} ({item.source})"

    def _meaning(self, item: PlannedItem) -> str:
        if item.baseline_seeds is None:
            baseline = "a baseline of as many seeds"
        else:
            baseline = f"the baseline's {count(item.baseline_seeds, 'seed')}"
        drop, rate = find_metric(item.run.metric).drop, f"alpha {self.alpha:g} for the whole test run"
        if self.drop is None:
            return f"{drop} that is detected with a power of 80 % against {baseline}; {rate}"
        return f"power to detect a {drop} of {self.drop:g} against {baseline}; {rate}"

    def _seeds_text(self, seeds: int) -> str:
        last = max(seeds, self.max_seeds or seeds)
        return str(seeds) if last == seeds else f"{seeds} to {last}"

    def _cell(self, item: PlannedItem, value: float | None) -> str:
        if value is None:
            return "-"
        return find_metric(item.run.metric).text(value) if self.drop is None else f"{100 * value:.0f} %"
