"""``forum search``: what the index has otherwise than the posts is named by numbers alone, and made right again."""

import sys

import pytest
from flask import Flask
from sqlalchemy import delete, func, select, text, update

from forum.community.models.threads import Post
from forum.database.base import Base
from forum.database.session import Database
from forum.search import words
from forum.search.engine import Term, Words
from forum.search.engines import engine_of
from forum.search.models import SearchDocument, SearchRules
from forum.treatments.models import TreatmentVersion
from tests.cli.conftest import Run
from tests.community.conftest import reply
from tests.moderation.threads import make_thread
from tests.site.texts import publish_texts


def found(database: Database, *phrase: str) -> int:
    """Return how many documents have these words."""
    with database.reading() as session:
        return len(session.execute(select(engine_of(session).found(Words((Term((phrase,)),))))).all())


def count(database: Database, table: type[Base]) -> int:
    """Return how many rows there are."""
    with database.reading() as session:
        return session.execute(select(func.count()).select_from(table)).scalar_one()


def test_the_index_is_compared_and_made_anew(
    app: Flask, database: Database, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    # An empty index is filled by today's rules.
    assert run("db", "upgrade").exit_code == 0
    assert run("search", "check").output == "The index is right: 0 posts, and the pages about treatments.\n"
    thread = make_thread(app, database)
    publish_texts(app)
    with database.reading() as session:
        version = session.scalars(select(TreatmentVersion.id)).one()
    posts = count(database, Post)
    answer = run("search", "check")
    assert (answer.exit_code, answer.output) == (
        0,
        f"The index is right: {posts} posts, and the pages about treatments.\n",
    )
    first, second, third, fourth = thread.post_ids
    numbers = select(SearchDocument.id).where(SearchDocument.post_id == first)
    with database.transaction() as session:
        # Past the commands: other words, no document, another's words, and a document of what was taken back.
        session.execute(update(Post).where(Post.id == first).values(html="<p>quokka</p>"))
        session.execute(delete(SearchDocument).where(SearchDocument.post_id == second))
        session.execute(update(Post).where(Post.id == third).values(state="deleted", html="", markdown=""))
        session.execute(
            update(TreatmentVersion).where(TreatmentVersion.id == version).values(summary="bilby")
        )
    wrong = run("search", "check")
    assert wrong.exit_code == 1
    named = [f"post {first}", f"post {second}", f"post {third}", f"treatment page {version}"]
    assert wrong.output.splitlines()[:4] == named
    assert "forum search rebuild" in wrong.output
    assert "quokka" not in wrong.output
    with database.reading() as session:
        number = session.scalars(numbers).one()
    assert found(database, "quokka") == 0
    # More than one batch. (In the package, the command has the name of its module.)
    monkeypatch.setattr(sys.modules["forum.cli.search"], "_AT_ONCE", 2)
    assert run("search", "rebuild").output == (
        f"The index was made anew: {posts} posts, and the pages about treatments.\n"
    )
    assert run("search", "check").exit_code == 0
    assert (found(database, "quokka"), found(database, "bilbi"), found(database, "my", "cat")) == (1, 1, 1)
    with database.reading() as session:
        # What was there keeps its place.
        assert session.scalars(numbers).one() == number
    assert f"post {fourth}" not in wrong.output


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_words_that_belong_to_nothing_go(app: Flask, database: Database, run: Run) -> None:
    # On PostgreSQL a key forbids them; here a trigger takes them along, which a hand may have dropped.
    make_thread(app, database)
    with database.transaction() as session:
        session.execute(text("INSERT INTO search_words (rowid, title, body) VALUES (999, '', 'numbat')"))
    assert found(database, "numbat") == 1
    assert run("search", "rebuild").exit_code == 0
    assert (found(database, "numbat"), found(database, "cat")) == (0, 1)


def test_upgrading_indexes_what_was_written_before_there_was_an_index(
    app: Flask, database: Database, run: Run
) -> None:
    thread = make_thread(app, database)
    publish_texts(app)
    posts = count(database, Post)
    with database.transaction() as session:
        session.execute(delete(SearchDocument))
    assert found(database, "cat") == 0
    answer = run("db", "upgrade")
    assert (answer.exit_code, answer.output) == (
        0,
        f"What is written can be searched now: {posts} posts.\nThe database has the structure of this release.\n",
    )
    assert run("search", "check").exit_code == 0
    # Again there is nothing to do, whatever was written since; and what broke off is finished.
    reply(database, thread.author.actor, thread.id, "A wombat.")
    assert run("db", "upgrade").output == "The database has the structure of this release.\n"
    with database.transaction() as session:
        session.execute(delete(SearchDocument).where(SearchDocument.post_id == thread.post_ids[-1]))
    assert "1 post.\n" in run("db", "upgrade").output
    assert count(database, SearchDocument) == posts + 2


def test_an_index_that_other_rules_made_is_to_be_made_anew(
    app: Flask, database: Database, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run("db", "upgrade").exit_code == 0
    make_thread(app, database)
    publish_texts(app)
    says = "cut by other rules"
    assert run("search", "check").exit_code == 0
    assert says not in run("doctor").output
    monkeypatch.setattr(words, "RULES", words.RULES + 1)
    looked = run("search", "check")
    assert (looked.exit_code, says in looked.output, "forum search rebuild" in looked.output) == (
        1,
        True,
        True,
    )
    for command in (("db", "upgrade"), ("doctor",)):
        answer = run(*command).output
        assert says in answer
        assert "forum search rebuild" in answer
    assert run("search", "rebuild").exit_code == 0
    assert run("search", "check").exit_code == 0
    for command in (("db", "upgrade"), ("doctor",)):
        assert says not in run(*command).output
    # Nobody knows by which rules an index was made that says nothing of it.
    with database.transaction() as session:
        session.execute(delete(SearchRules))
    assert says in run("search", "check").output
