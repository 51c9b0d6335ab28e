"""After somebody left, no byte of theirs is found: not in the database's own files, its log, nor among the copies."""

import io
import re
import zipfile
from collections.abc import Collection, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from flask import Flask
from sqlalchemy import Connection, func, select, text

from config import Settings
from forum import clock, consequences, schedule
from forum.accounts.leaving import GRACE
from forum.community.commands import writing as commands
from forum.community.commands.drafts import keep_draft
from forum.community.models.kept_drafts import KeptDraft
from forum.community.models.threads import Post
from forum.community.unsent import DraftPlace, Known, Unsent
from forum.community.what_is_sent import PostEdit
from forum.database.base import Base
from forum.database.session import Database
from forum.jobs import queue
from forum.jobs.worker import Worker
from forum.privacy import erasing, exports
from forum.search import whole_index
from forum.text.markdown import render_post
from tests import cast
from tests.cast import Someone
from tests.community.conftest import reply
from tests.community.with_pictures import add, begin, files_of, photo, reply_with_picture
from tests.daily import BAN_KEYS
from tests.databases import ROOT
from tests.moderation.conftest import make_room
from tests.moderation.leaving import ROOM, is_there, write
from tests.privacy import markers
from tests.privacy.leavers import press_leave

# Long enough that a text needs pages of its own, and many enough that pages are split and joined.
MANY = 40
# As docs/operations.md has them: without FULL, what was deleted stays in a page until something is written over it.
OPERATORS_STATEMENTS = ("ANALYZE", "VACUUM FULL")
INDEXED = "zyzzyva"
_NUMBER = re.compile(rb"words-of-theirs-\d+-\d+")


def words(post: int, version: int) -> str:
    """Return a long text that stands nowhere else."""
    # The second word has digits, so that the index has it as it is. All of these end alike: an index that keeps sorted
    # words leaves out how they begin.
    return f"words-of-theirs-{post}-{version} {post}q{version}{INDEXED} " * (1 if post % 3 else 120)


def write_much(someone: Someone, other: Someone) -> int:
    """Let two people write by turns, so that what goes stands between what stays, and let one edit and take back."""
    topic = write(someone.database, someone, words(0, 0))
    for number in range(1, MANY):
        post = reply(someone.database, someone.actor, topic, words(number, 0))
        reply(someone.database, other.actor, topic, f"Others' words {number}. " * (1 if number % 2 else 150))
        with someone.database.transaction() as session:
            if number % 4 == 0:
                commands.edit_post(session, someone.actor, post, PostEdit(render_post(words(number, 1))))
            elif number % 7 == 0:
                commands.delete_post(session, someone.actor, post)
    return topic


def files(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Give every file below a folder, and what is inside those that are packed."""
    for path in sorted(folder.rglob("*")):
        if not path.is_file():
            continue
        content = path.read_bytes()
        yield str(path.relative_to(folder)), content
        if zipfile.is_zipfile(io.BytesIO(content)):
            with zipfile.ZipFile(io.BytesIO(content)) as package:
                for name in package.namelist():
                    yield f"{path.name}/{name}", package.read(name)


def found_in(folder: Path, wanted: Collection[str]) -> set[tuple[str, str]]:
    """Return the file and the word for each that is found, capital letters or not."""
    found = set()
    for name, content in files(folder):
        small = content.lower()
        found |= {(name, word) for word in wanted if word.lower().encode() in small}
        found |= {(name, str(word)) for word in _NUMBER.findall(small)}
    return found


def in_dump(connection: Connection, wanted: Collection[str]) -> set[tuple[str, str]]:
    """Return the same of every table as a dump has it."""
    found = set()
    for table in [*(table.name for table in Base.metadata.sorted_tables), "search_words"]:
        rows = str(connection.execute(text(f'SELECT array_agg(one::text) FROM "{table}" AS one')).scalar())
        # Bytes stand there by their numbers.
        found |= {
            (table, word)
            for word in wanted
            if word.lower() in rows.lower() or word.encode().hex() in rows.lower()
        }
    return found


def do_everything(database: Database, settings: Settings, after: timedelta) -> None:
    """Let days go by, and do what the night's jobs do, files and all, until nothing is left to do."""
    handlers = {**consequences.HANDLERS, **schedule.handlers_of(BAN_KEYS)}
    letters = consequences.errands_of(consequences.CONSEQUENCES, None)
    errands = (letters, *schedule.errands_of(settings, database))
    with time_machine.travel(clock.now() + after):
        with database.transaction() as session:
            erasing.erase_left(session)
        worker = Worker(database, handlers, errands=errands)
        worker.run_due(limit=200)
        with database.transaction() as session:
            queue.enqueue(session, whole_index.TIDY, {})
        worker.run_due(limit=10)


def draft_about(other: Someone, someone: Someone, topic: int) -> None:
    """Let somebody write about them and send none of it: an answer, and a new text for a post that mentions them."""
    with other.database.reading() as session:
        first = session.scalars(select(Post.id).where(Post.topic_id == topic, Post.number == 1)).one()
    quoted = f"> [#1](/posts/{first})\n> {words(0, 0).strip()}"
    post = reply(other.database, other.actor, topic, f"Dear @{someone.name},\n\n{quoted}")
    about = f"@{someone.name} said:\n\n{quoted}\n\n> [#1](/posts/{first})\n> As I recall: {words(0, 0)}"
    for place in (DraftPlace(topic_id=topic), DraftPlace(post_id=post)):
        with other.database.transaction() as session:
            keep_draft(session, other.actor, place, Unsent(about), Known())


@pytest.fixture
def leaver(app: Flask, database: Database, settings: Settings) -> tuple[Someone, markers.Seeded]:
    """Somebody with a marker in every column, who wrote much and has a copy of it all lying there; and who leaves."""
    make_room(database, ROOM)
    someone, other = cast.member(app, "Rowan"), cast.member(app, "Marlow")
    markers.seed(other, "numbat")
    topic = write_much(someone, other)
    draft_about(other, someone, topic)
    # What can be seen on pictures has no words to be looked for: it is their files that must be gone.
    reply_with_picture(someone, topic)
    assert add(someone, begin(someone, f"/topics/{topic}/reply"), photo()).status_code == 303
    assert len(files_of(settings)) == 2
    seeded = markers.seed(someone, "quokka")
    cast.prove(someone)
    with database.transaction() as session:
        exports.ask_for_export(session, someone.actor)
    do_everything(database, settings, timedelta(0))
    going = seeded.going()
    packed = found_in(settings.data_folder / "exports", [going["post.markdown"]])
    assert any(name.endswith("data.json") for name, _word in packed)
    assert press_leave(someone.client).status_code == 200
    return someone, seeded


def erase(someone: Someone, settings: Settings) -> None:
    """Let the days go by, and see that they are erased and that others' words stand."""
    do_everything(someone.database, settings, GRACE + timedelta(minutes=1))
    assert not is_there(someone)
    assert files_of(settings) == set()
    with someone.database.reading() as session:
        assert session.execute(select(func.count()).select_from(KeptDraft)).scalar_one() == 3
    assert markers.places(someone.database, ["Rowan"]) == {}
    assert markers.places(someone.database, ["Others' words 7."])["others' words 7."] == {
        "post.html",
        "post.markdown",
    }


def check_what_stays(someone: Someone, seeded: markers.Seeded) -> None:
    """What a case, the law or a ledger needs stands in its own column, and in no other."""
    kept = seeded.kept()
    assert {"report.post_markdown", "legal_hold.post_markdown"} <= kept.keys()
    found = markers.places(someone.database, kept.values())
    for column, marker in kept.items():
        assert found[marker.lower()] - {"consent_event.previous_hash"} == {column}, column
    assert markers.places(someone.database, seeded.going().values()) == {}


@pytest.mark.proves("D7")
@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_no_byte_is_left_in_the_file_its_log_or_the_copies(
    app: Flask, database: Database, settings: Settings, leaver: tuple[Someone, markers.Seeded]
) -> None:
    someone, seeded = leaver
    wanted = [*seeded.going().values(), "quincunx", INDEXED]
    before = {word for _name, word in found_in(settings.data_folder, wanted)}
    # Each of them was there, so that it can be missed.
    assert before >= set(wanted)
    erase(someone, settings)
    assert database.tidy()
    assert {path.name for path in settings.data_folder.glob("forum.sqlite3*")} >= {"forum.sqlite3"}
    assert found_in(settings.data_folder, wanted) == set()
    check_what_stays(someone, seeded)


@pytest.mark.proves("D7")
@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
def test_no_byte_is_left_in_a_dump_nor_in_the_files_of_the_tables(
    app: Flask, database: Database, settings: Settings, leaver: tuple[Someone, markers.Seeded]
) -> None:
    someone, seeded = leaver
    # Of tests before this one bytes may lie in the same files; the marker has its own words and no others'.
    wanted = [*seeded.going().values(), INDEXED]
    with database.write_engine.connect().execution_options(isolation_level="AUTOCOMMIT") as server:
        folder = Path(str(server.execute(text("SHOW data_directory")).scalar()))
        number = server.execute(
            text("SELECT oid FROM pg_database WHERE datname = current_database()")
        ).scalar()
        tables = folder / "base" / str(number)
        # What the planner remembers of columns are values of theirs, too.
        server.execute(text("ANALYZE"))
        server.execute(text("CHECKPOINT"))
        before = {word for _name, word in found_in(tables, wanted)}
        assert before >= set(wanted)
        assert in_dump(server, wanted)
        erase(someone, settings)
        assert in_dump(server, wanted) == set()
        for statement in OPERATORS_STATEMENTS:
            assert f"\n{statement};\n" in (ROOT / "docs/operations.md").read_text()
        for _night in range(5):
            for statement in OPERATORS_STATEMENTS:
                server.execute(text(statement))
            server.execute(text("CHECKPOINT"))
            # While a connection is being made, its snapshot counts in every database, and may be as old as the oldest
            # transaction of another test: the server then keeps what went for one more night.
            if not found_in(tables, wanted):
                break
        assert found_in(tables, wanted) == set()
    assert found_in(settings.data_folder, wanted) == set()
    check_what_stays(someone, seeded)
