"""Names that are no field of `TrainingArguments`: the message has the field that is meant."""

import pytest

from pytest_glue.config.field_names import _ABBREVIATIONS, _SUCCESSORS
from pytest_glue.config.training_fields import find_field, training_fields
from pytest_glue.core.errors import OptionError


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("lr", "did you mean learning_rate?"),
        ("LEARNING_RATE", "did you mean learning_rate?"),
        ("learning-rate", "did you mean learning_rate?"),
        ("batch_size", "did you mean per_device_train_batch_size?"),
        ("evaluation_strategy", "transformers removed it; use eval_strategy"),
        ("no_cuda", "transformers removed it; use use_cpu"),
        ("per_gpu_train_batch_size", "transformers removed it; use per_device_train_batch_size"),
        ("use_ipex", "transformers removed it; leave it out"),
        ("max_length", "set it with --glue-max-length"),
        ("zzz", "the documentation of transformers.TrainingArguments lists its fields"),
        (5, "the documentation of transformers.TrainingArguments lists its fields"),
    ],
)
def test_the_field_that_is_meant(name: str, hint: str) -> None:
    """Fields of earlier versions name their successor, and no message lists a hundred names."""
    if name in training_fields():
        pytest.skip("this version of transformers still has the field")
    with pytest.raises(OptionError) as caught:
        find_field(name)
    assert f"TrainingArguments has no field {name!r}: {hint}" == str(caught.value)


def test_the_fields_that_are_offered_exist() -> None:
    """An abbreviation stands for a field, and a successor begins with one."""
    fields = training_fields()
    assert [] == [full for full in _ABBREVIATIONS.values() if full not in fields]
    successors = [successor for name, successor in _SUCCESSORS.items() if successor and name not in fields]
    assert [] == [each for each in successors if each.replace(",", " ").replace("=", " ").split()[0] not in fields]
