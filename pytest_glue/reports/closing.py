"""The last lines below the table: what is open, what nobody compares with, and how checkpoints compare."""

from collections.abc import Sequence

from pytest_glue.config.options import Options
from pytest_glue.core.evaluation import Evaluation, Verdict
from pytest_glue.gate.from_options import unused_baselines
from pytest_glue.gate.ranking import ranks
from pytest_glue.reports.ranking import ranking_lines


def closing_lines(options: Options, evaluations: Sequence[Evaluation]) -> list[str]:
    """Return the reasons of open verdicts, the records that nobody compares with any more, and the ranking.

    Args:
        options: of the test run.
        evaluations: in the order of node ids.
    """
    open_verdicts = [each.reason for each in evaluations if each.verdict is Verdict.INCONCLUSIVE]
    unused = unused_baselines(options, evaluations)
    lines = [f"no item is compared with {path} any more: delete it if it has had its day" for path in unused]
    found = ranks(evaluations, options.alpha)
    return open_verdicts + lines + (ranking_lines(found) if found else [])
