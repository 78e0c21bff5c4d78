"""The charts of a hyperparameter search."""

from dataclasses import replace

import pytest

from pytest_glue.core.study import Direction, Study, TrialEpoch

pytest.importorskip("altair")

from pytest_glue.reports.page.search_charts import trials


@pytest.mark.parametrize(("direction", "best"), [(Direction.MAXIMIZE, [0.4, 0.6]), (Direction.MINIMIZE, [0.4, 0.4])])
def test_the_line_of_the_best_trial_so_far(study: Study, direction: Direction, best: list[float]) -> None:
    """It rises where higher is better, and falls where lower is."""
    finished = [
        replace(study.trials[0], number=number, objective=score, history=(TrialEpoch(score, 0.5),))
        for number, score in enumerate((0.4, 0.6))
    ]
    failed = replace(study.trials[2], number=2)
    chart = trials(replace(study, trials=(*finished, failed), direction=direction))
    assert chart is not None
    assert best == [row["best"] for row in chart.to_dict()["data"]["values"]]
