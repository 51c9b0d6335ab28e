"""Who may read the topics of a category, as administrators say it: chosen beforehand, and at most."""

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from werkzeug.test import TestResponse

from forum.audit_log.models import AuditEntry
from forum.community.commands.categories import set_audiences
from forum.community.models.threads import Audience, Category, Topic
from forum.database.session import Database
from forum.errors import Invalid
from forum.permissions.actor import OPERATOR
from tests import cast
from tests.cast import Someone
from tests.community.conftest import start, topic_draft
from tests.moderation.conftest import make_room
from tests.moderation.working import page, press, refusal

LIST, ROOM = "/admin/categories", "/admin/categories/welcome"


@pytest.fixture
def aspen(app: Flask, database: Database) -> Someone:
    """An administrator, and a room."""
    make_room(database, "welcome")
    return cast.administrator(app)


def change(someone: Someone, **fields: str) -> TestResponse:
    return press(someone.client, ROOM, ROOM, **fields)


def stands(database: Database) -> tuple[Audience | None, Audience]:
    with database.reading() as session:
        row = session.execute(select(Category.default_audience, Category.widest_audience)).one()
    return row.default_audience, row.widest_audience


def test_an_administrator_says_who_reads_in_a_category_and_topics_there_stay_as_they_are(
    database: Database, aspen: Someone
) -> None:
    topic_id = start(database, aspen.actor, topic_draft("welcome"))
    assert "Nothing: writers are asked" in page(aspen.client, LIST).text
    main = page(aspen.client, ROOM)
    chosen = [
        box.attributes["value"] for box in main.all("input", type="radio") if "checked" in box.attributes
    ]
    assert chosen == ["ask", "public"]
    # Which condition it would be nobody could say beforehand; with fewer than members, answers would be taken away.
    values = [box.attributes["value"] for box in main.all("input", type="radio")]
    assert "same-condition" not in values
    assert values.count("moderators-and-author") == 1
    # That everybody can read it is never chosen for somebody: it is a limit, and no default.
    boxes = main.all("input", name="default_audience")
    assert [box.attributes["value"] for box in boxes] == ["ask", "members", "moderators-and-author"]
    assert "have more readers" not in main.text
    answer = change(aspen, default_audience="members", widest_audience="public-unlisted")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{LIST}?saved")
    assert stands(database) == (Audience.MEMBERS, Audience.PUBLIC_UNLISTED)
    assert "Saved." in page(aspen.client, f"{LIST}?saved").text
    with database.reading() as session:
        assert session.get_one(Topic, topic_id).audience is Audience.PUBLIC
        entry = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1)).one()
    assert entry.facts == {"default_audience": "members", "widest_audience": "public-unlisted"}
    assert "Some topics here have more readers than the limit allows." in page(aspen.client, ROOM).text
    assert "changed a category" in page(aspen.client, "/moderation/log").text
    assert change(aspen, default_audience="ask", widest_audience="public").status_code == 303
    assert stands(database) == (None, Audience.PUBLIC)


def test_what_does_not_fit_is_refused_with_the_form_as_it_was(database: Database, aspen: Someone) -> None:
    for wide in ("public", "public-unlisted"):
        answer = change(aspen, default_audience=wide, widest_audience="public")
        assert answer.status_code == 422
        assert "Choose what is chosen beforehand." in answer.text
        with pytest.raises(Invalid), database.transaction() as session:
            set_audiences(session, OPERATOR, "welcome", Audience(wide), Audience.PUBLIC)
        with pytest.raises(IntegrityError), database.transaction() as session:
            session.execute(update(Category).values(default_audience=wide))
    with pytest.raises(IntegrityError), database.transaction() as session:
        session.execute(update(Category).values(widest_audience=Audience.MODERATORS_AND_AUTHOR))
    for fields in (
        {"default_audience": "same-condition", "widest_audience": "public"},
        {"default_audience": "ask", "widest_audience": "moderators-and-author"},
        {"default_audience": "", "widest_audience": ""},
    ):
        assert change(aspen, **fields).status_code == 422
    assert change(aspen, default_audience="ask", widest_audience="public", name="x").status_code == 400
    assert stands(database) == (None, Audience.PUBLIC)


def test_it_is_there_for_administrators_alone(app: Flask, aspen: Someone) -> None:
    cedar = cast.moderator(app, "Cedar")
    for address in (LIST, ROOM):
        assert refusal(cedar.client, address) == refusal(cedar.client, "/admin/nothing")
    assert refusal(aspen.client, f"{LIST}/nowhere") == refusal(aspen.client, "/admin/nothing")
