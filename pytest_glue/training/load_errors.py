"""Why a file of a checkpoint cannot be loaded, in words that name a remedy which exists."""

from pickle import UnpicklingError
from typing import Any

from pytest_glue.core.errors import CheckpointError

_LONGEST = 300


def unreadable(
    what: str, error: BaseException, *, fixture: str = "glue_model_init", remedy: str = ""
) -> CheckpointError:
    """Return the error for a part of a checkpoint that a library could not load.

    Args:
        what: the part and what cannot be done with it, as in "the tokenizer of a/b cannot be loaded".
        error: of the library.
        fixture: with which a user can load the part in another way.
        remedy: for a cause that is not recognised.
    """
    text = str(error)
    if "trust_remote_code" in text:
        cause = "it needs custom code, which pytest-glue does not run"
        return CheckpointError(f"{what}: {cause}. Load it yourself in an overridden fixture `{fixture}`")
    if isinstance(error, UnpicklingError) or "weights_only" in text:
        cause = "the file is damaged, or holds Python objects other than tensors, which are not loaded"
        return CheckpointError(f"{what}: {cause}. Save it as model.safetensors with `model.save_pretrained(FOLDER)`")
    line = " ".join(text.split())
    cause = f"{type(error).__name__}: {line[:_LONGEST]}{'...' * (len(line) > _LONGEST)}"
    return CheckpointError(f"{what}: {cause}{f'. {remedy}' if remedy else ''}")


def is_failure(error: BaseException) -> bool:
    """Return whether an exception is a library's failure, and no interruption.

    The panic of a library that is written in Rust derives from `BaseException`.
    """
    return isinstance(error, Exception) or type(error).__name__ == "PanicException"


def custom_code(config: Any) -> str:
    """Return a clause on the custom code that a configuration names; empty if it names none."""
    named = getattr(config, "auto_map", None)
    return "its config.json names custom code (auto_map), which is not run" if named else ""
