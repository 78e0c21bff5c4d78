"""Quiet: the libraries' log lines and progress bars are kept out of the test output."""

import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from logging import ERROR

import datasets
from transformers.utils import logging


@contextmanager
def silence_libraries() -> Iterator[None]:
    """Let the libraries log errors only, draw no bars and give no warnings; what was set before is restored."""
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


_PRECISION = "ACCELERATE_MIXED_PRECISION"


@contextmanager
def isolated_precision() -> Iterator[None]:
    """Keep `bf16` and `fp16` to one item.

    `TrainingArguments` of 4.57 leaves them in the environment of the process, where the next item would inherit them.
    """
    before = os.environ.get(_PRECISION)
    try:
        yield
    finally:
        os.environ.pop(_PRECISION, None)
        if before is not None:
            os.environ[_PRECISION] = before
