"""How long searches take in a large forum, on both databases: ``python -m tests.benchmarks.search --posts 400000``.

The posts are made up: fifty words each out of five thousand, of which some are common and most are rare, and on top of
that words that stand in a known share of them. Whoever asks is a visitor, who may read two thirds of the topics. What
is timed is the page as it is read from the database, without drawing it.
"""

# ruff: noqa: T201  (Printing what was seen is what this is for.)

import argparse
import random
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import islice
from statistics import median
from string import ascii_lowercase
from typing import Any
from uuid import UUID

from sqlalchemy import insert, text

from forum.accounts.models import Member
from forum.community.models.threads import (
    Audience,
    Category,
    Intent,
    Post,
    PostState,
    Topic,
    TopicState,
)
from forum.database import migrate
from forum.database.session import Database
from forum.permissions.actor import VISITOR, MemberState, Role
from forum.search import queries, synonyms
from forum.search.engines import engine_of
from forum.search.models import SearchDocument
from forum.search.synonyms import Synonyms
from tests.benchmarks.hanging_provider import postgresql

ROOMS = 20
MEMBERS = 5000
POSTS_IN_A_TOPIC = 20
# One of so many topics waits for a reply, and one of so many members is out of sight.
WAITS, PAUSED = 100, 50
AT_ONCE = 5000
TIMES = 15
WORDS = 5000
# In how many of the posts these words are; two of them are there independently of each other.
SHARES = {"quokka": 0.01, "numbat": 0.01, "wombat": 0.3}
SEARCHES = (
    "quokka numbat",
    '"quokka numbat"',
    "quokka",
    "wombat",
    "quokka -wombat",
    "in:r3 quokka",
    "after:2026-09 quokka",
    "in:r3",
    "is:unanswered",
    "-wombat in:r3",
    "nothinglikeit",
    "quokka nothinglikeit",
)
_BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
_LASTS = timedelta(days=300)


# --- a large forum ---------------------------------------------------------------------------------------


def texts(how_many: int) -> Iterator[list[str]]:
    """Yield the words of so many posts, the same ones each time."""
    chance = random.Random(7)  # noqa: S311 - nothing depends on nobody guessing it.
    known = ["".join(chance.choices(ascii_lowercase, k=chance.randint(3, 9))) for _word in range(WORDS)]
    often = [1 / (place + 10) for place in range(WORDS)]
    for _post in range(how_many):
        words = chance.choices(known, often, k=50)
        for word, share in SHARES.items():
            if chance.random() < share:
                words.insert(chance.randrange(50), word)
        yield words


def fill(database: Database, how_many: int) -> None:
    """Write a forum with so many posts, newest last, and its index."""
    topics = max(how_many // POSTS_IN_A_TOPIC, 1)
    with database.transaction() as session:
        session.execute(insert(Category), [_category(number) for number in range(1, ROOMS + 1)])
        session.execute(insert(Member), [_member(number) for number in range(1, MEMBERS + 1)])
    for some in _in_parts(range(1, topics + 1)):
        with database.transaction() as session:
            session.execute(insert(Topic), [_topic(number, topics) for number in some])
    done, began = 0, time.monotonic()
    for part in _in_parts(enumerate(texts(how_many), 1)):
        with database.transaction() as session:
            session.execute(insert(Post), [_post(number, words, topics, how_many) for number, words in part])
            session.execute(
                insert(SearchDocument), [{"id": number, "post_id": number} for number, _words in part]
            )
            titles = {number: ["title", "words"] if number <= topics else [] for number, _words in part}
            engine_of(session).add(session, {number: (titles[number], words) for number, words in part})
        done += len(part)
        if done % (10 * AT_ONCE) == 0 or done == how_many:
            print(f"  {done:,} of {how_many:,} posts, {time.monotonic() - began:.0f} s", flush=True)
    # What a database finds out about its tables by itself, sooner or later.
    with database.write_engine.connect() as connection:
        on_postgresql = connection.dialect.name == "postgresql"
        alone = connection.execution_options(isolation_level="AUTOCOMMIT")
        alone.execute(text("VACUUM ANALYZE" if on_postgresql else "ANALYZE"))


def _in_parts(of: Iterable[Any]) -> Iterator[tuple[Any, ...]]:
    rest = iter(of)
    while part := tuple(islice(rest, AT_ONCE)):
        yield part


def _category(number: int) -> dict[str, Any]:
    return {
        "id": number,
        "slug": f"r{number}",
        "locale": "en",
        "position": number,
        "name": f"Room {number}",
        "description": "",
        "opening_markdown": "",
        "opening_html": "",
        "help_on_top": False,
        "widest_audience": Audience.PUBLIC,
    }


def _member(number: int) -> dict[str, Any]:
    return {
        "id": number,
        "uuid": UUID(int=number),
        "name": f"M{number}",
        "name_key": f"m{number}",
        "name_since": _BEGAN,
        "role": Role.MEMBER,
        "state": MemberState.ACTIVE if number % PAUSED else MemberState.PAUSED,
        "locale": "en",
        "joined_at": _BEGAN,
        "last_seen_on": _BEGAN.date(),
        "policies_seen_at": _BEGAN,
    }


def _topic(number: int, topics: int) -> dict[str, Any]:
    started = _BEGAN + _LASTS * (number / topics)
    return {
        "id": number,
        "category_id": number % ROOMS + 1,
        "author_id": number % MEMBERS + 1,
        "from_community": False,
        "locale": "en",
        "title": f"Title words {number}",
        "slug": "title-words",
        "intent": Intent.EXPERIENCES,
        "content_note": "",
        "audience": Audience.PUBLIC if number % 3 else Audience.MEMBERS,
        "state": TopicState.PUBLISHED,
        "pinned": False,
        "locked": False,
        "started_at": started,
        "first_reply_at": started if number % WAITS else None,
        "last_number": POSTS_IN_A_TOPIC,
        "reply_count": POSTS_IN_A_TOPIC - 1,
        "last_activity_at": _BEGAN + _LASTS,
    }


def _post(number: int, words: list[str], topics: int, how_many: int) -> dict[str, Any]:
    written = " ".join(words)
    return {
        "id": number,
        "topic_id": (number - 1) % topics + 1,
        "number": (number - 1) // topics + 1,
        "author_id": number % MEMBERS + 1,
        "from_community": False,
        "by_topic_author": False,
        "state": PostState.PUBLISHED,
        "markdown": written,
        "html": f"<p>{written}</p>",
        "renderer_version": 1,
        "written_at": _BEGAN + _LASTS * (number / how_many),
    }


@contextmanager
def sqlite() -> Iterator[str]:
    """Give the address of a file that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="alongside-bench-") as folder:
        yield f"sqlite:///{folder}/forum.sqlite3"


# --- measuring -------------------------------------------------------------------------------------------


def search(database: Database, typed: str, known: Synonyms) -> tuple[float, queries.SearchPage]:
    """Return how many milliseconds a search took, and what was found."""
    with database.reading() as session:
        began = time.perf_counter()
        page = queries.search_page(session, VISITOR, typed, known)
        return (time.perf_counter() - began) * 1000, page


def report(name: str, url: str, how_many: int, times: int) -> None:
    """Write the forum, search in it, and print the table."""
    print(f"{name}:", flush=True)
    migrate.upgrade(url)
    database, known = Database(url), synonyms.load()
    try:
        fill(database, how_many)
        print(f"\n| {name}, {how_many:,} posts | p50 | longest | topics |\n|---|---|---|---|")
        for typed in SEARCHES:
            # The first one only warms everything up.
            _first, page = search(database, typed, known)
            took = [search(database, typed, known)[0] for _time in range(times)]
            topics = f"{page.pages} pages{', cut' if page.is_full else ''}"
            print(f"| `{typed}` | {median(took):.1f} ms | {max(took):.1f} ms | {topics} |", flush=True)
        print()
    finally:
        database.dispose()


def main() -> None:
    """Measure on both databases, and print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--posts", type=int, default=400_000)
    parser.add_argument("--times", type=int, default=TIMES, help="that each search is made")
    parser.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    asked = parser.parse_args()
    if asked.database != "postgresql":
        with sqlite() as url:
            report("SQLite", url, asked.posts, asked.times)
    if asked.database != "sqlite":
        with postgresql() as url:
            report("PostgreSQL", url, asked.posts, asked.times)


if __name__ == "__main__":
    main()
