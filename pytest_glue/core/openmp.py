"""How long threads of OpenMP spin while they wait: its runtimes read it when the first library loads them."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType

SHORT_SPINS: Mapping[str, str] = MappingProxyType({"GOMP_SPINCOUNT": "3000", "KMP_BLOCKTIME": "1"})
"""For GNU's runtime a number of checks, for Intel's and LLVM's milliseconds.

By default threads spin for milliseconds at each barrier. That is fastest while every thread has a core. On a machine
that does something else too, they spin for a thread that does not get one.
"""
_CHOSEN_BY_USER = frozenset({"OMP_WAIT_POLICY", *SHORT_SPINS})


def spin_variables() -> Mapping[str, str]:
    """Return the variables to set for a process that will load OpenMP; none if the user has chosen."""
    return {} if _CHOSEN_BY_USER.intersection(os.environ) else SHORT_SPINS


@contextmanager
def short_spins() -> Iterator[None]:
    """Let threads spin for a short time, of runtimes that are loaded in this block, unless the user has chosen."""
    variables = spin_variables()
    os.environ.update(variables)
    try:
        yield
    finally:
        for name in variables:
            os.environ.pop(name, None)
