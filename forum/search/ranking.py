"""In which order what was found is shown: worked out here and not by a database, so that it is the same on both."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

# A word in the title says that the topic is about it: that weighs more than anything else can.
IN_TITLE = 1.5
# What a topic begins with says more about it than what came up later on.
OPENING = 0.5
# After so long, being new weighs half as much.
HALF_LIFE = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Match:
    """A post that was found."""

    post_id: int
    topic_id: int
    number: int
    written_at: datetime
    in_title: bool


@dataclass(frozen=True, slots=True)
class Hit:
    """A topic that was found: its best post, and how many others of its posts were found."""

    best: Match
    more: int


def ranked(matches: Iterable[Match], now: datetime) -> tuple[Hit, ...]:
    """Return the topics in which something was found, the best first; of two alike, the one with the newer post."""
    return _by_topic(sorted(matches, key=lambda match: (-score(match, now), -match.post_id)))


def newest(matches: Iterable[Match]) -> tuple[Hit, ...]:
    """Return the same where no word was looked for: whatever is newest is first."""
    return _by_topic(sorted(matches, key=lambda match: (match.written_at, match.post_id), reverse=True))


def score(match: Match, now: datetime) -> float:
    """Return how well a post fits: what it is, and at most 1 for being new."""
    age = max(now - match.written_at, timedelta(0))
    being_new = float(0.5 ** (age / HALF_LIFE))
    return IN_TITLE * match.in_title + OPENING * (match.number == 1) + being_new


def _by_topic(in_order: Iterable[Match]) -> tuple[Hit, ...]:
    best: dict[int, Match] = {}
    found: dict[int, int] = {}
    for match in in_order:
        best.setdefault(match.topic_id, match)
        found[match.topic_id] = found.get(match.topic_id, 0) + 1
    return tuple(Hit(match, found[topic_id] - 1) for topic_id, match in best.items())
