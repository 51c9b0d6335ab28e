"""Display names: what they may be, which of them look alike, and which are like a provider's."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forum.accounts import names

LATIN = "abcdefghijklmnopqrstuvwxyz"
good_names = st.text(alphabet=LATIN + LATIN.upper() + "0123456789-_éüñåłø", min_size=2, max_size=30)


@pytest.mark.parametrize(
    "name",
    [
        "Jo",
        "quiet_river",
        "Birch-7",
        "José",
        "Łukasz",
        "Straße",
        "Вера",
        "Ελένη",
        "נועה",
        "山田さん",
        "नमस्ते",
        "42",
    ],
)
def test_names_of_many_kinds_are_fine(name: str) -> None:
    assert names.problem_with(names.tidy_name(name)) is None


@pytest.mark.parametrize(
    "name",
    [
        "",
        "a",
        "x" * 31,
        "two words",
        "dot.ted",
        "at@home",
        "tab\tbed",
        "zero\u200bwidth",
        "right\u202eleft",
        "smile😀",
        "--",
        "_-_",
        "a\u0301\u0301\u0301\u0301",
        "\u0301ab",
        "раypal",  # Cyrillic and Latin.
        "roѕe",
        "abΩ",
        "٣3",
    ],
)
def test_names_that_people_cannot_read_or_trust_are_refused(name: str) -> None:
    assert names.problem_with(names.tidy_name(name)) is not None


@pytest.mark.parametrize(
    "name",
    [
        "admin",
        "Admin",
        "ADM1N",
        "adm-in",
        "Jane_Admin",
        "admin42",
        "mod-jane",
        "Moderator",
        "TheModerators",
        "alongside",
        "AlongsideTeam",
        "staff",
        "staff_2",
        "support",
        "SupportTeam",
        "Facebook",
        "me",
    ],
)
def test_names_of_those_who_run_the_place_are_reserved(name: str) -> None:
    assert names.is_reserved(names.tidy_name(name)), names.name_key(name)


@pytest.mark.parametrize("name", ["Staffordshire", "Modern", "needs-support", "Badminton", "Helper"])
def test_ordinary_words_that_hold_a_reserved_one_are_free(name: str) -> None:
    assert not names.is_reserved(name)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Iris", "lris"),
        ("Iris", "1RIS"),
        ("rose", "rоsе"),  # Cyrillic o and e.
        ("Modern", "Rnodern"),
        ("STRASSE", "straße"),
        ("ﬁona", "fiona"),
        ("Ｗｉｄｅ", "wide"),
        ("quiet_river", "quiet-river"),
        ("Zoe0", "zoeo"),
        ("е\u0308lan", "ёlan"),
    ],
)
def test_names_that_look_alike_have_one_key(one: str, other: str) -> None:
    assert names.name_key(one) == names.name_key(other)


@pytest.mark.parametrize(
    ("one", "other"), [("Nora", "Vora"), ("Jose", "José"), ("Ann", "Anna"), ("Hana", "Nana")]
)
def test_names_that_people_tell_apart_have_two_keys(one: str, other: str) -> None:
    assert names.name_key(one) != names.name_key(other)


@given(st.text(min_size=1, max_size=40))
def test_a_key_is_its_own_key_and_knows_no_case(text: str) -> None:
    key = names.name_key(text)
    assert names.name_key(key) == key
    assert names.name_key(text.casefold()) == key
    assert names.name_key(unicodedata.normalize("NFKC", text)) == key
    assert names.name_key(unicodedata.normalize("NFD", text)) == key


@given(st.text(max_size=40))
def test_what_is_accepted_can_be_stored(text: str) -> None:
    name = names.tidy_name(text)
    if names.problem_with(name) is None:
        assert names.SHORTEST_NAME <= len(name) <= names.LONGEST_NAME
        assert 0 < len(names.name_key(name)) <= names.LONGEST_KEY
        assert names.tidy_name(name) == name


@given(good_names, st.sampled_from([str.upper, str.lower, str.title]))
def test_changing_case_makes_no_new_name(name: str, change: object) -> None:
    assert callable(change)
    assert names.name_key(change(name)) == names.name_key(name)


@pytest.mark.parametrize(
    ("chosen", "hint"),
    [
        ("MaryJohnson", "Mary Johnson"),
        ("mary", "Mary Johnson"),
        ("johnson_in_pain", "Mary Johnson"),
        ("jane-doe-77", "jane.doe77"),
        ("JaneDoe", "jane.doe"),
        ("Jаne", "jane"),  # Cyrillic a.
    ],
)
def test_a_name_like_the_providers_is_noticed(chosen: str, hint: str) -> None:
    assert names.resembles(chosen, [hint])


@pytest.mark.parametrize(
    ("chosen", "hint"),
    [("quiet-river", "Mary Johnson"), ("Banner", "Ann Lee"), ("42", "1973"), ("River", "")],
)
def test_another_name_is_not_questioned(chosen: str, hint: str) -> None:
    assert not names.resembles(chosen, [hint])
