"""The log lines, progress bars and warnings of the libraries."""

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from logging import ERROR

import datasets
from transformers.utils import logging


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
