"""The batch layout: its option, its note in the report, and a trainer of the user."""

from collections.abc import Callable
from typing import Any

import pytest

Run = Callable[..., pytest.RunResult]
Report = Callable[..., Any]

ASKED = ("--glue-tasks=sst2", "--glue-json=out.json", "--glue-threshold=sst2=0")


@pytest.mark.parametrize("batching", ["micro", "plain"])
def test_the_layout_is_noted(tiny: Run, report: Report, batching: str) -> None:
    """The report shows the option and the layout that was used."""
    tiny(*ASKED, f"--glue-batching={batching}").assert_outcomes(passed=1)
    document = report()
    assert batching == document["options"]["batching"]
    assert f"batching: {batching}" in document["results"][0]["notes"]


def test_an_unknown_layout_is_rejected(tiny: Run) -> None:
    """A misspelt value is rejected before anything is loaded, with the accepted values."""
    result = tiny(*ASKED, "--glue-batching=packd")
    assert pytest.ExitCode.USAGE_ERROR == result.ret
    result.stderr.fnmatch_lines(["*--glue-batching: 'packd': expected auto, packed, micro or plain*"])


def test_a_plain_trainer_of_the_users_own(pytester: pytest.Pytester, tiny: Run, report: Report) -> None:
    """A plain `Trainer` from an overridden fixture is trained and evaluated, without a note on a layout."""
    pytester.makeconftest(
        """
        import pytest
        from transformers import Trainer

        @pytest.fixture
        def glue_trainer(
            glue_model_init, glue_training_arguments, glue_encoded_data, glue_tokenizer, glue_compute_metrics
        ):
            return Trainer(
                model_init=glue_model_init,
                args=glue_training_arguments,
                train_dataset=glue_encoded_data["train"],
                eval_dataset=glue_encoded_data["validation"],
                processing_class=glue_tokenizer,
                compute_metrics=glue_compute_metrics,
            )
        """
    )

    tiny(*ASKED).assert_outcomes(passed=1)

    (result,) = report()["results"]
    assert not [note for note in result["notes"] if note.startswith("batching")]
