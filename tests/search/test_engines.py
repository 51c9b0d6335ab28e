"""Both engines find the same, what is written down in the corpus; and nothing can be asked that isn't a word."""

import random

import pytest
from flask import Flask
from sqlalchemy import delete, func, insert, select, text
from sqlalchemy.orm import Session

from forum.community.models.threads import Post
from forum.database.session import Database
from forum.search.engine import Engine, Term, Words
from forum.search.engines import engine_of, sqlite_fts5
from forum.search.engines.layout import LAST_PLACE, MOST_PLACES, laid_out
from forum.search.engines.postgresql_tsvector import PostgresqlTsvector
from forum.search.engines.sqlite_fts5 import SqliteFts5
from forum.search.models import SearchDocument
from forum.search.words import BREAK, forms_of
from tests import cast
from tests.community.conftest import start, topic_draft
from tests.moderation.conftest import make_room
from tests.search import corpus

ROOM = "flares-today"
NO_WORD = "letters, digits and marks"


def begin(app: Flask, database: Database) -> int:
    """Make a room, and a topic in it."""
    make_room(database, ROOM)
    return start(database, cast.author(app).actor, topic_draft(ROOM, "It is bad today."))


def found(session: Session, words: Words) -> dict[int, bool]:
    """Return the documents that an engine finds, and whether in their titles."""
    hits = engine_of(session).found(words)
    return {row.document_id: bool(row.in_title) for row in session.execute(select(hits))}


def put(session: Session, post_id: int, title: list[str], body: list[str]) -> int:
    """Give a post these words."""
    number = session.execute(
        insert(SearchDocument).values(post_id=post_id).returning(SearchDocument.id)
    ).scalar_one()
    engine_of(session).add(session, {number: (title, body)})
    return number


def test_the_corpus_is_found_as_it_is_written_down(app: Flask, database: Database) -> None:
    make_room(database, ROOM)
    topics = corpus.write(database, cast.author(app).actor, ROOM)
    with database.reading() as session:
        documents = select(SearchDocument.id, Post.topic_id).join(Post, Post.id == SearchDocument.post_id)
        of_topics = {topic_id: key for key, topic_id in topics.items()}
        keys = {row.id: of_topics[row.topic_id] for row in session.execute(documents)}
        assert sorted(keys.values()) == sorted(topics)
        for question in corpus.QUESTIONS:
            hits = {keys[number]: in_title for number, in_title in found(session, question.words).items()}
            assert hits.keys() == question.found, question.about
            assert {key for key, in_title in hits.items() if in_title} == question.in_title, question.about
            if question.words.without:
                lacking = select(SearchDocument.id).where(
                    engine_of(session).lacks(SearchDocument.id, question.words)
                )
                having = {
                    keys[number]
                    for one in question.words.without
                    for number in found(session, Words((Term((one,)),)))
                }
                assert {keys[number] for number in session.scalars(lacking)} == topics.keys() - having
    # Every text is found by some question, else it would be there for nothing.
    assert frozenset().union(*(question.found for question in corpus.QUESTIONS)) == topics.keys()


def test_words_are_kept_within_the_limits_of_both(app: Flask, database: Database) -> None:
    begin(app, database)
    many = [f"word{n}" for n in range(LAST_PLACE + 500)]
    with database.transaction() as session:
        session.execute(delete(SearchDocument))
        post_id = session.scalars(select(Post.id)).one()
        number = put(session, post_id, ["title", BREAK, BREAK, "also"], [BREAK, *many, "echo", "echo"])
        title, body = laid_out(["title", BREAK, BREAK, "also"], [BREAK, *many, "echo", "echo"])
        assert engine_of(session).kept(session, [number, 999]) == {number: (" ".join(title), " ".join(body))}
        last = LAST_PLACE - len(title) - 2

        def is_found(*phrase: str) -> bool:
            return bool(found(session, Words((Term((phrase,)),))))

        assert is_found(many[last - 1], many[last])
        # Words after that are found, and phrases of them are not.
        assert is_found(many[last + 1])
        assert is_found(many[-1])
        assert not is_found(many[last], many[last + 1])
        assert not is_found(many[-2], many[-1])
        assert not is_found("echo", "echo")
        assert not is_found("title", "also")
        engine_of(session).put(session, {number: (["again"] * 200, ["again"] * 200 + ["new", "end"])})
        assert not is_found(many[0])
        kept = engine_of(session).kept(session, [number])[number]
        assert " ".join(kept).split().count("again") == MOST_PLACES
        assert is_found("again", "again")
        assert is_found("new", "end")
        assert not is_found("again", "new")


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_nothing_but_words_is_ever_asked(database: Database) -> None:
    engines: list[Engine] = [SqliteFts5(), PostgresqlTsvector()]
    for engine in engines:
        for hostile in ('a"b', "a'b", "a b", "a*", "(", "\\", "", "a:b", "a\x00", "😀", BREAK):
            for words in (
                Words((Term((("fine", hostile),)),)),
                Words((Term((("fine",),)),), without=((hostile,),)),
            ):
                with pytest.raises(ValueError, match=NO_WORD):
                    engine.found(words)
            with pytest.raises(ValueError, match=NO_WORD):
                engine.lacks(SearchDocument.id, Words(without=((hostile,),)))
        for nothing in (Words(), Words((Term(()),)), Words((Term(((),)),)), Words(without=(("a",),))):
            with pytest.raises(ValueError, match="Without a term"):
                engine.found(nothing)


def test_words_go_with_the_row_that_they_belong_to(app: Flask, database: Database) -> None:
    begin(app, database)
    words = Words((Term((tuple(forms_of("bad", "en")),)),))
    count = text("SELECT count(*) FROM search_words")
    with database.transaction() as session:
        assert len(found(session, words)) == 1
        # As a hand would that reaches past the commands.
        session.execute(delete(SearchDocument))
        assert found(session, words) == {}
        assert session.execute(count).scalar_one() == 0
        session.rollback()
    with database.transaction() as session:
        assert len(found(session, words)) == 1
        session.execute(text("DELETE FROM submission_key"))
        session.execute(delete(Post))
        assert session.execute(select(func.count()).select_from(SearchDocument)).scalar_one() == 0
        assert found(session, words) == {}
        assert session.execute(count).scalar_one() == 0


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_the_index_lets_go_of_words_step_by_step(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    # Few documents in small steps take as many of them as many do in large ones.
    monkeypatch.setattr(sqlite_fts5, "PAGES_AT_ONCE", 10)
    engine = SqliteFts5()
    chance = random.Random(7)  # noqa: S311 - nothing depends on nobody guessing it.

    def write(numbers: range) -> None:
        with database.transaction() as session:
            bodies = {n: [f"word{chance.randrange(9000)}" for _word in range(60)] for n in numbers}
            engine.add(session, {n: ([], body) for n, body in bodies.items()})

    for first in range(1, 601, 50):
        write(range(first, first + 50))
    with database.transaction() as session:
        session.execute(text("DELETE FROM search_words WHERE rowid = 7"))
    steps, done = 0, False
    while not done and steps < 60:
        with database.transaction() as session:
            done = engine.tidy(session, begins=steps == 0)
        steps += 1
        # A forum where somebody always writes meanwhile: it ends all the same, and goes on where it stopped.
        write(range(1000 + steps, 1001 + steps))
    assert done
    assert steps > 5
