"""Secrets of options: masked in texts, recipes and messages."""

import pytest

from pytest_glue.core.errors import GlueError
from pytest_glue.core.recipe import WITHOUT_EFFECT
from pytest_glue.core.secrets import SECRET_FIELDS, mask, mask_fields


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("pytest --glue-recipe hub_token=hf_a -x", "pytest --glue-recipe hub_token=<HUB_TOKEN> -x"),
        ("pytest '--glue-recipe=hub_token=hf_a' -x", "pytest '--glue-recipe=hub_token=<HUB_TOKEN>' -x"),
        ("{'hub_token': 'hf_a', 'lr': 1}", "{'hub_token': <HUB_TOKEN>, 'lr': 1}"),
        ('"push_to_hub_token": "hf_a"', '"push_to_hub_token": <PUSH_TO_HUB_TOKEN>'),
        ("no field 'push_to_hub_token': transformers 5 has hub_token instead",) * 2,
        ("hub_token: expected a string",) * 2,
        ("hub_token:hf_a", "hub_token:<HUB_TOKEN>"),
        ("hub_token: 'hf_a'", "hub_token: <HUB_TOKEN>"),
        ("{'hub_token': None}",) * 2,
        ("hub_token = <HUB_TOKEN>", "hub_token = <HUB_TOKEN>"),
        ("(mysql://me:pa@ss/w@host:1/db) failed", "(mysql://me:***@host:1/db) failed"),
        ("sqlite:///studies.db", "sqlite:///studies.db"),
        ("mysql://me@host:1/db", "mysql://me@host:1/db"),
        ("x://host/db?user=me&password=pw&ssl=1", "x://host/db?user=me&password=***&ssl=1"),
        ("x://host/db?sslpassword=pw", "x://host/db?sslpassword=***"),
        ("https://me:pw@host/x", "https://me:***@host/x"),
        ("GET http://127.0.0.1:9/api/models/a@main", "GET http://127.0.0.1:9/api/models/a@main"),
        ("a plain text: with = signs", "a plain text: with = signs"),
    ],
)
def test_a_text_without_secrets(text: str, shown: str) -> None:
    """Names, hosts and all other words stay."""
    assert shown == mask(text)
    assert shown == mask(shown) == str(GlueError(text))


def test_a_recipe_without_secrets() -> None:
    """A field that is not set is shown as such."""
    assert {"hub_token": "<HUB_TOKEN>", "seed": 1} == mask_fields({"hub_token": "hf_a", "seed": 1})
    assert {"hub_token": None} == mask_fields({"hub_token": None})


def test_secrets_are_not_in_a_cache_key() -> None:
    assert WITHOUT_EFFECT.issuperset(SECRET_FIELDS)
