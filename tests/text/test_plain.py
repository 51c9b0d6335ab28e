"""Plain text as it was typed: what is taken away, that nothing else is, and that both databases can store it."""

import unicodedata
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, example, given
from hypothesis import settings as limits
from hypothesis import strategies as st
from sqlalchemy import insert, select

from forum.accounts.names import LONGEST_TYPED, tidy_name
from forum.consent.models import InterfaceText
from forum.database.session import Database
from forum.text.plain import MOST_MARKS_IN_A_ROW, limit_marks, tidy_line, tidy_text

OVERRIDES = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
JOINERS = "\u200c\u200d"

hostile = st.text(
    st.characters()
    | st.sampled_from(
        [*OVERRIDES, *JOINERS, *"\x00\x01\x1b\x7f\x85\xad\r\n\t \u2028\u2029\ufeff\ud800\udfff"]
    )
    | st.sampled_from([*"eäA\u0301\u0308\u0327\u1100\u1161\u11a8\u2126\u212b\ufb01\u0316\u0344\u0958"]),
    max_size=60,
)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """An empty database."""
    made = Database(database_url, size=1)
    yield made
    made.dispose()


@limits(max_examples=400)
@given(text=hostile)
@example(text="\u0344" * 9)
@example(text="a" + "\u0316\u0301" * 5 + "b")
@example(text="\u0958" + "\u0316" * 8)
@example(text="e\ufeff\u0301")
@example(text="e\x00\u0301")
@example(text="\r\x00\n")
@example(text="\x00 a \x00")
@example(text="\ud83d\ude00")
def test_tidy_text_is_tidy_and_stays_so(text: str) -> None:
    tidy = tidy_text(text)
    assert tidy_text(tidy) == tidy
    assert tidy == tidy.strip()
    assert unicodedata.is_normalized("NFC", tidy)
    assert not set(tidy) & set(OVERRIDES + "\r\x00\ufeff")
    assert {unicodedata.category(c) for c in tidy if c not in "\n\t"}.isdisjoint({"Cc", "Cs"})
    tidy.encode()


@limits(max_examples=400)
@given(text=hostile)
@example(text="a\u2028\u0301b")
def test_a_tidy_line_is_one_line_and_stays_so(text: str) -> None:
    tidy = tidy_line(text)
    assert tidy_line(tidy) == tidy
    assert len(tidy.splitlines()) <= 1
    assert tidy.split() == tidy.split(" ") or tidy == ""
    assert tidy_text(tidy) == tidy


@given(text=st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S"]), max_size=40))
def test_nothing_else_is_taken_away(text: str) -> None:
    assert tidy_text(text) == unicodedata.normalize("NFC", text)


@pytest.mark.parametrize(
    ("typed", "tidy"),
    [
        ("one\r\ntwo\rthree\n", "one\ntwo\nthree"),
        ("  a\tb  ", "a\tb"),
        ("a\u202eb\u202cc", "abc"),
        ("a\x00b", "ab"),
        ("a\ud800b", "ab"),
        ("cafe\u0301", "caf\u00e9"),
        ("\U0001f469\u200d\U0001f692", "\U0001f469\u200d\U0001f692"),
        (
            "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
            "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
        ),
        ("\n\n a\n\n\nb \n", "a\n\n\nb"),
        ("\x00\x1b\u202e", ""),
        ("", ""),
    ],
)
def test_what_becomes_of_some_texts(typed: str, tidy: str) -> None:
    assert tidy_text(typed) == tidy


def test_a_line_collapses_what_is_blank() -> None:
    assert tidy_line(" a \n\t b\u2003c\u2028d ") == "a b c d"


@limits(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=hostile)
@example(text="a\x00b\ud800c\udfff\uffff\U0010ffff")
def test_both_databases_store_a_tidy_text_and_give_it_back(database: Database, text: str) -> None:
    with database.writing() as session:
        session.execute(
            insert(InterfaceText).values(
                sha256="0" * 64,
                locale="en",
                text=tidy_text(text),
                first_shown_at=datetime(2026, 1, 1, tzinfo=UTC),
            )
        )
        assert session.execute(select(InterfaceText.text)).scalar_one() == tidy_text(text)


def longest_run(text: str) -> int:
    """Return how many combining marks follow each other at most."""
    longest = run = 0
    for character in text:
        run = run + 1 if unicodedata.combining(character) else 0
        longest = max(longest, run)
    return longest


# Normalising takes time with the square of a run: untouched, each of these would take hours.
@pytest.mark.parametrize("marks", ["\u0301\u0316", "\u0344", "\u0316\u0301\ufeff", "\x00\u0301\u202e\u0316"])
@pytest.mark.parametrize("tidy", [tidy_text, tidy_line, tidy_name])
def test_a_megabyte_of_marks_is_a_few(tidy: Callable[[str], str], marks: str) -> None:
    typed = "a" + marks * (1024 * 1024 // len(marks)) + "b"
    made = tidy(typed)
    assert longest_run(made) <= MOST_MARKS_IN_A_ROW
    if tidy is tidy_name:
        # What else is wrong with it is said, so it isn't taken away.
        assert len(made) <= LONGEST_TYPED
    else:
        assert len(made) <= len("ab") + MOST_MARKS_IN_A_ROW
        assert made.endswith("b")
    assert tidy(made) == made


def test_as_many_marks_as_writing_needs_stay() -> None:
    word = "q" + "\u0316" * MOST_MARKS_IN_A_ROW
    assert tidy_text(f"{word} {word}\u0316\u0301x") == f"{word} {word}x"
    assert limit_marks("plain") == "plain"


def test_a_name_is_cut_before_it_is_normalised() -> None:
    assert tidy_name("\ufdfa" * 100_000) == tidy_name("\ufdfa" * LONGEST_TYPED)
    assert tidy_name("x" * LONGEST_TYPED) == "x" * LONGEST_TYPED
    assert tidy_name("x" * (LONGEST_TYPED + 1)) == "x" * LONGEST_TYPED
    assert tidy_name(" " * 300 + "Juniper" + " " * 300) == "Juniper"
