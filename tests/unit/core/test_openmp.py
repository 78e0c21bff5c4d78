"""How long threads spin while they wait."""

import os

import pytest

from pytest_glue.core.openmp import SHORT_SPINS, short_spins, spin_variables


@pytest.fixture(autouse=True)
def _unset(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OMP_WAIT_POLICY", *SHORT_SPINS):
        monkeypatch.delenv(name, raising=False)


def test_the_variables_are_put_back() -> None:
    """They are set inside the block only, also if it raises."""
    with pytest.raises(ValueError, match="mine"), short_spins():  # noqa: PT012 - what is set inside is the point
        assert SHORT_SPINS == {name: os.environ[name] for name in SHORT_SPINS}
        raise ValueError("mine")
    assert not SHORT_SPINS.keys() & os.environ.keys()


@pytest.mark.parametrize("name", ["OMP_WAIT_POLICY", *SHORT_SPINS])
def test_a_choice_of_the_user_stays(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """A user who has set one of them has set all."""
    monkeypatch.setenv(name, "ACTIVE")
    before = dict(os.environ)
    with short_spins():
        assert before == dict(os.environ)
    assert {} == spin_variables()
