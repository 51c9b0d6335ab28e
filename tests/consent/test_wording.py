"""The words beside each choice: whole, honest, and put together in one place."""

import tomllib
from typing import Any

import pytest

from forum.consent.models import PolicyKind
from forum.consent.queries import PolicyReference
from forum.consent.wording import FOLDER, LOCKED_BY_GPC, choices, hash_of_choices
from forum.permissions.actor import REQUIRED_PURPOSES, Purpose

POLICIES = tuple(
    PolicyReference(kind, 1, "en", "0" * 64, kind.value.replace("-", " ").capitalize()) for kind in PolicyKind
)


def purposes() -> list[dict[str, Any]]:
    """Return the shipped wording."""
    rows: list[dict[str, Any]] = tomllib.loads((FOLDER / "purposes.en.toml").read_text(encoding="utf-8"))[
        "purposes"
    ]
    return rows


def test_every_purpose_says_all_it_must() -> None:
    rows = purposes()
    assert [row["key"] for row in rows] == [purpose.value for purpose in Purpose]
    for row in rows:
        assert set(row) == {"key", "label", "hint", "means", "data", "recipients", "retention"}
        assert len(row["label"]) <= 90
        assert row["data"]
        assert all(isinstance(category, str) and category for category in row["data"])
        for part in ("label", "hint", "means", "recipients", "retention"):
            assert row[part].endswith(".")
            assert "\n" not in row[part]
            assert "{" not in row[part]


@pytest.mark.parametrize("key", [purpose.value for purpose in Purpose if purpose is not Purpose.MEMBERSHIP])
def test_every_consent_says_what_taking_it_back_does(key: str) -> None:
    row = next(row for row in purposes() if row["key"] == key)
    assert "you take it back" in row["means"] or "you take the consent back" in row["means"]


def test_a_choice_holds_every_word_of_its_purpose() -> None:
    for row, choice in zip(purposes(), choices(POLICIES, locale="en", gpc=False), strict=True):
        for part in ("label", "hint", "means", "recipients", "retention"):
            assert row[part] in choice.text
        assert all(category in choice.text for category in row["data"])
        assert choice.is_needed == (choice.purpose in REQUIRED_PURPOSES)
        assert "(version 1)" in choice.text
        assert not choice.locked


@pytest.mark.proves("C14")
def test_gpc_locks_what_shares_and_nothing_else() -> None:
    for choice in choices(POLICIES, locale="en", gpc=True):
        assert bool(choice.locked) == (choice.purpose in LOCKED_BY_GPC)
        assert ("Global Privacy Control" in choice.text) == bool(choice.locked)
    assert set(LOCKED_BY_GPC) == {Purpose.AGGREGATE_STATISTICS, Purpose.RESEARCH_CONTACT}


def test_the_hash_notices_whatever_changes() -> None:
    plain = hash_of_choices(choices(POLICIES, locale="en", gpc=False))
    newer = (PolicyReference(PolicyKind.TERMS, 2, "en", "1" * 64, "Terms"), *POLICIES[1:])
    assert hash_of_choices(choices(POLICIES, locale="en", gpc=False)) == plain
    assert hash_of_choices(choices(POLICIES, locale="en", gpc=True)) != plain
    assert hash_of_choices(choices(newer, locale="en", gpc=False)) != plain


def test_a_language_without_its_own_wording_gets_the_english_one() -> None:
    assert choices(POLICIES, locale="xx", gpc=False) == choices(POLICIES, locale="en", gpc=False)
