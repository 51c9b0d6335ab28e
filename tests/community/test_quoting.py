"""What is quoted elsewhere: whatever becomes of a source makes the pages of the topics that quote it stale, too."""

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from forum.audit_log.models import AuditEntry
from forum.community import quoting
from forum.community.commands import writing as commands
from forum.community.commands.details import DetailsEdit, change_details
from forum.community.models.threads import Audience, Post
from forum.community.purging import purge_earlier_text
from forum.community.what_is_sent import PostEdit
from forum.database import page_stamps
from forum.database.session import Database
from forum.moderation.commands.threads import (
    decide_on_post,
    decide_on_topic,
    merge_topic,
    move_topic,
    split_topic,
)
from forum.moderation.deciding import about_post, about_topic
from forum.moderation.drafts import SplitDraft, ThreadDraft
from forum.moderation.models import ReasonCode
from forum.permissions.actions import Action
from forum.text.markdown import render_post
from tests import cast
from tests.cast import Someone
from tests.community.conftest import reply, start, topic_draft
from tests.moderation.conftest import make_room

WORDS = "The words that others quote."


def stamps(database: Database, topic: int) -> dict[str, int]:
    with database.reading() as session:
        return page_stamps.read(session, [f"topic:{topic}", "site"])


def decided(session: Session, reason: ReasonCode, about: ColumnElement[bool]) -> ThreadDraft:
    seen = session.scalar(select(func.max(AuditEntry.id)).where(about)) or 0
    return ThreadDraft(seen=seen, reason=reason, message="")


def sourced(database: Database, rowan: Someone, juniper: Someone) -> tuple[int, int, int]:
    """Return a topic, a post in it, and the topic in which that is quoted."""
    topic = start(database, rowan.actor, topic_draft("flares-today", "How it began."))
    source = reply(database, rowan.actor, topic, WORDS)
    elsewhere = start(database, juniper.actor, topic_draft("flares-today", "Another topic."))
    reply(database, juniper.actor, elsewhere, f"> [#2](/posts/{source})\n> {WORDS}")
    return topic, source, elsewhere


def test_what_becomes_of_a_source_makes_the_pages_that_quote_it_stale(app: Flask) -> None:
    database: Database = app.extensions["alongside"].database
    for room in ("flares-today", "daily-life"):
        make_room(database, room)
    rowan, juniper, cedar = cast.member(app, "Rowan"), cast.member(app, "Juniper"), cast.moderator(app)
    start(database, juniper.actor, topic_draft("flares-today", "About nothing else."))
    topic, source, elsewhere = sourced(database, rowan, juniper)
    looked_at, again = ReasonCode.BEING_LOOKED_AT, ReasonCode.LOOKED_AGAIN
    moderator = cedar.actor

    def edit(text: str) -> Callable[[], object]:
        return in_session(lambda s: commands.edit_post(s, rowan.actor, source, PostEdit(render_post(text))))

    def in_session(do: Callable[..., object]) -> Callable[[], object]:
        def run() -> object:
            with database.transaction() as session:
                return do(session)

        return run

    def on_post(action: Action, reason: ReasonCode) -> Callable[[], object]:
        return in_session(
            lambda s: decide_on_post(s, moderator, source, action, decided(s, reason, about_post(source)))
        )

    def on_topic(action: Action, reason: ReasonCode) -> Callable[[], object]:
        return in_session(
            lambda s: decide_on_topic(s, moderator, topic, action, decided(s, reason, about_topic(topic)))
        )

    def is_told(what: str, do: Callable[[], object], where: int) -> None:
        before = stamps(database, where)
        do()
        after = stamps(database, where)
        assert after[f"topic:{where}"] == before[f"topic:{where}"] + 1, what
        assert after["site"] == before["site"], what

    for what, do in {
        "edited": edit("Other words."),
        "purged": in_session(lambda s: purge_earlier_text(s, rowan.actor, source)),
    }.items():
        is_told(what, do, elsewhere)
    topic, source, elsewhere = sourced(database, rowan, juniper)
    for what, do in {
        "hidden": on_post(Action.POST_HIDE, looked_at),
        "restored": on_post(Action.POST_RESTORE, again),
        "removed": on_post(Action.POST_REMOVE, ReasonCode.MISINFORMATION),
        "restored again": on_post(Action.POST_RESTORE, again),
        "topic hidden": on_topic(Action.TOPIC_HIDE, looked_at),
        "topic restored": on_topic(Action.TOPIC_RESTORE, again),
        "topic removed": on_topic(Action.TOPIC_REMOVE, ReasonCode.MISINFORMATION),
        "topic restored again": on_topic(Action.TOPIC_RESTORE, again),
        "moved": in_session(
            lambda s: move_topic(
                s, moderator, topic, "daily-life", decided(s, ReasonCode.WRONG_PLACE, about_topic(topic))
            )
        ),
        "narrowed": in_session(
            lambda s: change_details(s, rowan.actor, topic, DetailsEdit(Audience.MEMBERS))
        ),
        "deleted": in_session(lambda s: commands.delete_post(s, rowan.actor, source)),
    }.items():
        is_told(what, do, elsewhere)
    topic, source, elsewhere = sourced(database, rowan, juniper)
    is_told(
        "split",
        in_session(
            lambda s: split_topic(
                s,
                moderator,
                topic,
                SplitDraft((source,), "Its own"),
                decided(s, ReasonCode.OFF_TOPIC, about_topic(topic)),
            )
        ),
        elsewhere,
    )
    with database.reading() as session:
        topic = session.scalars(select(Post.topic_id).where(Post.id == source)).one()
    target = start(database, rowan.actor, topic_draft("flares-today", "Where both go."))
    is_told(
        "merged",
        in_session(
            lambda s: merge_topic(
                s, moderator, topic, target, decided(s, ReasonCode.SAME_SUBJECT, about_topic(topic))
            )
        ),
        elsewhere,
    )


def test_what_very_many_quote_makes_every_page_stale(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    database: Database = app.extensions["alongside"].database
    make_room(database, "flares-today")
    rowan, juniper = cast.member(app, "Rowan"), cast.member(app, "Juniper")
    _topic, source, elsewhere = sourced(database, rowan, juniper)
    monkeypatch.setattr(quoting, "MOST_TOPICS", 0)
    before = stamps(database, elsewhere)["site"]
    with database.transaction() as session:
        commands.delete_post(session, rowan.actor, source)
    assert stamps(database, elsewhere)["site"] == before + 1
