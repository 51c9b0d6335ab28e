"""What somebody typed, taken apart: nothing is a mistake, and what is no way to narrow is words."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forum.search.engine import Term, Words
from forum.search.sought import MOST_PHRASES, MOST_TERMS, sought
from forum.search.synonyms import Synonyms
from forum.search.syntax import LONGEST_QUERY, Asked, Piece, read, typed

NONE = Synonyms({})


def words(query: str) -> Words:
    return sought(read(query).pieces, NONE).words


def any_of(*forms: str) -> Term:
    return Term((forms,))


def test_words_phrases_and_what_is_not_wanted() -> None:
    assert read('knees "on the stairs" -rain -"in the night"').pieces == (
        Piece("knees"),
        Piece("on the stairs", quoted=True),
        Piece("rain", unwanted=True),
        Piece("in the night", quoted=True, unwanted=True),
    )
    # As telephones type it.
    assert read("“on the stairs”").pieces == (Piece("on the stairs", quoted=True),)
    # Only before a word does it take the word away.
    assert words("follow-up - x-ray").terms == (any_of("follow", "up"), any_of("x", "ray"))


def test_ways_to_narrow_in_any_order_and_case() -> None:
    asked = read(
        'IN:flares-today knees by:Juniper in:"Mind and mood" after:2026-03 before:2026-03-15 is:unanswered'
    )
    assert asked.rooms == ("flares-today", "Mind and mood")
    assert asked.authors == ("Juniper",)
    assert asked.after == datetime(2026, 3, 1, tzinfo=UTC)
    assert asked.before == datetime(2026, 3, 15, tzinfo=UTC)
    assert asked.is_unanswered
    assert not asked.is_treatment
    assert asked.pieces == (Piece("knees"),)
    assert read("is:treatment").is_treatment
    assert read("Is:Treatments").is_treatment
    assert read("after:2026").after == datetime(2026, 1, 1, tzinfo=UTC)
    # Typed again, it is the same search.
    again = read(typed(asked.pieces, asked.narrowing))
    assert (again.rooms, again.authors, again.before, again.after) == (
        asked.rooms,
        asked.authors,
        asked.before,
        asked.after,
    )
    assert again.is_unanswered


@pytest.mark.parametrize(
    "date", ["tomorrow", "2026-13", "2026-02-30", "0000", "26", "2026-3-5-1", "２０２６", "2026-"]
)
def test_what_is_no_date_is_said_and_left_out(date: str) -> None:
    asked = read(f"knees before:{date}")
    assert asked.wrong_dates == (date,)
    assert asked.before is None
    assert asked.pieces == (Piece("knees"),)


@pytest.mark.parametrize(
    ("query", "terms", "without"),
    [
        ('"', (), ()),
        ("a AND", (any_of("a"), any_of("and")), ()),
        ("knee AND", (any_of("knee"),), ()),
        ("-x", (), (("x",),)),
        ("o'clock", (any_of("oclock"),), ()),
        ("o’clock", (any_of("oclock"),), ()),
        ("in:", (any_of("in"),), ()),
        ('by:"', (any_of("by"),), ()),
        ("title:x", (any_of("titl"), any_of("x")), ()),
        ("NEAR(", (any_of("near"),), ()),
        ("*", (), ()),
        ("knee*", (any_of("knee"),), ()),
        ("a\x00b", (any_of("ab"),), ()),
        ("\u202eknee", (any_of("knee"),), ()),
        ("🙂", (), ()),
        ("-", (), ()),
        ("--", (), ()),
        ("::", (), ()),
        ("is:asleep", (any_of("asleep"),), ()),
        ('in:""', (any_of("in"),), ()),
        ("' OR 1=1 --", (any_of("1"),), ()),
        ('"the who"', (Term((("the", "who"),)),), ()),
    ],
)
def test_odd_queries_are_words_or_nothing(
    query: str, terms: tuple[Term, ...], without: tuple[object, ...]
) -> None:
    assert words(query) == Words(terms, without)  # type: ignore[arg-type]  # Tuples of words.


def test_little_words_count_alone_and_in_phrases_and_against() -> None:
    assert words("what is a flare").terms == (any_of("flare"),)
    assert len(words("what is it").terms) == 3
    assert words("flare -the").without == (("the",),)


def test_more_than_we_can_look_for_is_cut_and_said() -> None:
    long = read("x" * 10_000)
    assert (len(long.query), long.was_cut) == (LONGEST_QUERY, True)
    assert not read("x" * LONGEST_QUERY).was_cut
    many = sought(read(" ".join(f"w{n}" for n in range(MOST_TERMS + 1))).pieces, NONE)
    assert (len(many.words.terms), many.was_cut) == (MOST_TERMS, True)
    assert words("knee KNEES knee").terms == (any_of("knee"),)
    phrases = [f'"w{n} in"' for n in range(MOST_PHRASES)]
    assert not sought(read(" ".join([*phrases, phrases[0], "more"])).pieces, NONE).was_cut
    # Whether they are wanted or not.
    for one_more in ('"w9 in"', '-"w9 in"'):
        few = sought(read(" ".join([*phrases, one_more, "more"])).pieces, NONE)
        assert (len(few.words.terms), few.words.without, few.was_cut) == (MOST_PHRASES + 1, (), True)


@given(st.text(max_size=250))
def test_nothing_that_is_typed_is_a_fault(query: str) -> None:
    asked = read(query)
    assert isinstance(asked, Asked)
    found = sought(asked.pieces, NONE).words
    assert len(found.terms) <= MOST_TERMS
    assert all(all(phrase) for term in found.terms for phrase in term.any_of)
    read(typed(asked.pieces, asked.narrowing))
