"""The order of what was found: the title first, then what a topic begins with, and what is newer."""

from datetime import UTC, datetime, timedelta

from forum.search.ranking import Match, newest, ranked

NOW = datetime(2026, 11, 23, tzinfo=UTC)


def match(post_id: int, topic_id: int, *, number: int = 2, days: int = 0, in_title: bool = False) -> Match:
    return Match(post_id, topic_id, number, NOW - timedelta(days=days), in_title)


def order(*matches: Match) -> list[int]:
    return [hit.best.post_id for hit in ranked(matches, NOW)]


def test_title_then_opening_then_what_is_newer() -> None:
    old_title = match(1, 1, number=1, days=4000, in_title=True)
    opening = match(2, 2, number=1, days=30)
    fresh, older = match(9, 3, days=0), match(3, 4, days=40)
    assert order(older, fresh, opening, old_title) == [1, 2, 9, 3]
    # A reply of today is worth more than an opening of years ago.
    assert order(match(2, 2, number=1, days=1200), fresh) == [9, 2]


def test_a_year_halves_what_being_new_is_worth_and_the_future_adds_nothing() -> None:
    assert order(match(1, 1, number=1, days=366), match(2, 2)) == [2, 1]
    assert order(match(1, 1, number=1, days=364), match(2, 2)) == [1, 2]
    assert order(match(1, 1, days=-500), match(2, 2, days=0)) == [2, 1]


def test_a_topic_stands_once_with_its_best_post_and_says_how_many_more() -> None:
    hits = ranked([match(5, 1, days=1), match(4, 1, number=1, days=1), match(6, 2, days=9), match(7, 1)], NOW)
    assert [(hit.best.post_id, hit.more) for hit in hits] == [(4, 2), (6, 0)]


def test_without_a_word_the_newest_is_first() -> None:
    hits = newest([match(1, 1, number=1, days=2), match(2, 2, days=1), match(3, 1, days=3)])
    assert [(hit.best.post_id, hit.more) for hit in hits] == [(2, 0), (1, 1)]
