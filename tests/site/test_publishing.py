"""Publishing the shipped texts: all of them once, nothing twice, and never over what the community made of them."""

from dataclasses import fields, replace
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from forum.community.models.threads import Category, Topic
from forum.consent.models import PolicyKind, PolicyVersion
from forum.database import page_stamps
from forum.database.session import Database
from forum.site import shipped_texts
from forum.site.publishing import publish_shipped
from forum.site.queries import about_page
from tests.conftest import settings_for
from tests.pages import read_page
from tests.row_counts import row_counts
from tests.site.texts import publish_texts


def test_the_first_run_publishes_everything(app: Flask) -> None:
    done = publish_texts(app)
    assert done.policies == tuple(PolicyKind)
    assert (done.categories, done.treatments, done.topics) == (12, 1, 1)
    assert done.helplines == len(shipped_texts.helplines())
    assert done.health_terms == len(shipped_texts.health_terms()) > 50
    assert not done.policies_that_differ
    assert not done.nothing_new


def test_the_second_run_changes_no_row_and_no_stamp(app: Flask, database: Database) -> None:
    publish_texts(app)
    before = row_counts(database)
    with database.reading() as session:
        stamps = page_stamps.read(session, ["site", "latest"])
    done = publish_texts(app)
    assert done.nothing_new
    assert [getattr(done, field.name) for field in fields(done)] == [(), (), (), 0, 0, 0, 0, 0, 0]
    assert row_counts(database) == before
    with database.reading() as session:
        assert page_stamps.read(session, ["site", "latest"]) == stamps


def test_what_the_community_changed_stays(app: Flask, database: Database) -> None:
    publish_texts(app)
    with database.transaction() as session:
        session.execute(update(Category).where(Category.slug == "welcome").values(name="Hello there"))
    assert publish_texts(app).nothing_new
    with database.reading() as session:
        assert session.scalar(select(Category.name).where(Category.slug == "welcome")) == "Hello there"


@pytest.mark.parametrize("kind", PolicyKind)
def test_policies_carry_the_operators_details_and_can_be_read(
    app: Flask, client: FlaskClient, kind: PolicyKind
) -> None:
    publish_texts(app)
    answer = client.get(f"/policies/{kind.value}")
    assert answer.status_code == 200
    main = read_page(answer.text).one("main")
    assert "The Test Community" in main.text
    assert "{" not in main.text


def test_other_operator_details_are_no_new_version_unless_asked_for(app: Flask, database: Database) -> None:
    publish_texts(app)
    moved = replace(app.extensions["alongside"].settings, operator_address="2 Other Street")
    with database.transaction() as session:
        kept = publish_shipped(session, moved)
    assert kept.nothing_new
    assert PolicyKind.PRIVACY in kept.policies_that_differ
    with database.transaction() as session:
        done = publish_shipped(session, moved, renew_policies=True, material=True)
    assert done.policies == kept.policies_that_differ
    with database.reading() as session:
        newest = session.execute(
            select(PolicyVersion.version, PolicyVersion.material, PolicyVersion.markdown)
            .where(PolicyVersion.kind == PolicyKind.PRIVACY)
            .order_by(PolicyVersion.version.desc())
            .limit(1)
        ).one()
    assert (newest.version, newest.material) == (2, True)
    assert "2 Other Street" in newest.markdown


def test_the_welcome_topic_is_pinned_and_the_communitys_own(app: Flask, database: Database) -> None:
    publish_texts(app)
    with database.reading() as session:
        topics = session.execute(
            select(Topic.title, Topic.pinned, Topic.from_community, Topic.author_id)
        ).all()
    assert {topic.title for topic in topics} == {topic.title for topic in shipped_texts.topics()}
    assert {(topic.pinned, topic.from_community, topic.author_id) for topic in topics} == {(1, True, None)}


def test_a_fault_half_way_leaves_nothing(
    app: Flask, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> None:
        raise RuntimeError

    monkeypatch.setattr(shipped_texts, "helplines", broken)
    with pytest.raises(RuntimeError):
        publish_texts(app)
    assert set(row_counts(database).values()) == {0}


def test_names_with_signs_of_markdown_stay_names() -> None:
    settings = replace(
        settings_for("sqlite:///x", Path()),
        operator_name="Pain_Aid_ [x](javascript:alert(1)) <b>*",
        operator_address="",
        operator_contact="https://forum.invalid/contact",
        site_name="A * B_c_",
    )
    text = shipped_texts.document("pages/about", settings)
    assert text.title == "About A * B_c_"
    body = read_page(str(about_page(settings).body))
    assert "Pain_Aid_ [x](javascript:alert(1)) <b>*" in body.text
    assert "Address: not given" in body.text
    assert "https://forum.invalid/contact" in {link.attributes["href"] for link in body.all("a")}
    assert not body.all("b")
    assert not [link for link in body.all("a") if link.attributes["href"].startswith("javascript")]
