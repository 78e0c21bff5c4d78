"""The families that are compared: each has the size that is asked for, and no dropout where losses are compared."""

import pytest

from benchmarks.families import FAMILIES, SMALL, config_of


@pytest.mark.parametrize("family", FAMILIES)
def test_a_family_has_the_size_and_no_dropout(family: str) -> None:
    """Its own names of sizes and of dropout are known."""
    config = config_of(family, SMALL, has_dropout=False)
    assert (SMALL["num_hidden_layers"], SMALL["hidden_size"]) == (config.num_hidden_layers, config.hidden_size)
    assert not [name for name, value in config.to_dict().items() if "drop" in name and value]
