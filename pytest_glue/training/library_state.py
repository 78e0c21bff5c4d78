"""Process-wide state of the libraries: their log lines, progress bars, warnings and mixed precision."""

import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from logging import ERROR

import datasets
from transformers.utils import logging

_PRECISION = "ACCELERATE_MIXED_PRECISION"


@contextmanager
def silence_libraries() -> Iterator[None]:
    """Inside the context, the libraries log errors only and show no progress bars or warnings."""
    verbosity, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    dataset_bars = not datasets.are_progress_bars_disabled()
    logging.set_verbosity(ERROR)
    _show_bars(transformers_bars=False, dataset_bars=False)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module=r"(torch|transformers|accelerate)\.")
            yield
    finally:
        logging.set_verbosity(verbosity)
        _show_bars(transformers_bars=bars, dataset_bars=dataset_bars)


def _show_bars(*, transformers_bars: bool, dataset_bars: bool) -> None:
    switch: Callable[[], None] = logging.enable_progress_bar if transformers_bars else logging.disable_progress_bar
    switch()
    (datasets.enable_progress_bars if dataset_bars else datasets.disable_progress_bars)()


@contextmanager
def isolated_precision() -> Iterator[None]:
    """Restore the mixed precision after the context.

    `TrainingArguments` of transformers 4.57 sets an environment variable for `bf16` and `fp16`, which would otherwise
    apply to the next item too.
    """
    before = os.environ.get(_PRECISION)
    try:
        yield
    finally:
        os.environ.pop(_PRECISION, None)
        if before is not None:
            os.environ[_PRECISION] = before
