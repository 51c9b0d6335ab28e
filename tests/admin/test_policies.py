"""Administrators reword policies at the front door: a draft, how it will be read, and publishing it for good."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, update
from werkzeug.test import TestResponse

from forum import clock
from forum.accounts.models import Member
from forum.admin.policy_forms import LONGEST_TEXT
from forum.admin.policy_queries import policies_by_language, workplace
from forum.audit_log.models import AuditEntry
from forum.consent.drafts import PolicyDraft, PolicyEdit
from forum.consent.models import PolicyDraftText, PolicyKind, PolicyVersion
from forum.consent.policies import publish_policy, save_draft, seen_now
from forum.database import page_stamps
from forum.database.session import Database
from forum.errors import Forbidden
from forum.permissions.actions import Action
from forum.permissions.actor import OPERATOR, MemberState
from tests import cast
from tests.pages import Element, read_page
from tests.recorder import recorded
from tests.site.texts import publish_texts

TERMS = "/admin/policies/terms/en"
OLD = "## In short\n\nBe kind.\n"
NEW = "## In short\n\nBe kinder to all.\n"


@pytest.fixture
def aspen(app: Flask, database: Database) -> cast.Someone:
    """An administrator of a community with terms."""
    with database.transaction() as session:
        publish_policy(session, OPERATOR, PolicyDraft(PolicyKind.TERMS, "en", "Terms", OLD))
    return cast.administrator(app)


def main_of(answer: TestResponse) -> Element:
    return read_page(answer.text).one("main")


def form_of(answer: TestResponse) -> dict[str, str]:
    """Return what a browser would send if nothing was changed."""
    form = main_of(answer).one("form")
    fields = {
        field.attributes["name"]: field.attributes.get("value", "")
        for field in form.all("input")
        if field.attributes.get("type") not in ("radio", "checkbox") or "checked" in field.attributes
    }
    return fields | {area.attributes["name"]: area.raw.lstrip("\r\n") for area in form.all("textarea")}


def send(
    client: FlaskClient, address: str, page: TestResponse | None = None, **changes: str | None
) -> TestResponse:
    """Fill in the form of a page (else of a fresh one) and send it; a change to None leaves the field out."""
    fields = form_of(page or client.get(address)) | changes
    return client.post(address, data={name: value for name, value in fields.items() if value is not None})


def save(client: FlaskClient, page: TestResponse | None = None, **changes: str | None) -> TestResponse:
    """Save the draft of the terms."""
    return send(client, TERMS, page, **{"markdown": NEW, **changes})


def publish(client: FlaskClient, page: TestResponse | None = None, **changes: str | None) -> TestResponse:
    """Publish the draft of the terms, at once and as a small change."""
    fields = {"effective_on": clock.now().date().isoformat(), "material": "no", **changes}
    return send(client, f"{TERMS}/publish", page, **fields)


def versions(database: Database) -> list[tuple[int, str, str, bool]]:
    """Return every version of the terms."""
    with database.reading() as session:
        rows = session.execute(
            select(PolicyVersion.version, PolicyVersion.title, PolicyVersion.markdown, PolicyVersion.material)
            .where(PolicyVersion.kind == PolicyKind.TERMS, PolicyVersion.locale == "en")
            .order_by(PolicyVersion.version)
        )
        return [(row.version, row.title, row.markdown, row.material) for row in rows]


def drafts(database: Database) -> list[str]:
    with database.reading() as session:
        return [*session.scalars(select(PolicyDraftText.markdown))]


# --- who comes here --------------------------------------------------------------------------------------


def test_nobody_else_publishes_even_with_the_command(app: Flask, database: Database) -> None:
    people = (cast.member(app), cast.moderator(app))
    before = versions(database)
    for who in people:
        with database.transaction() as session, pytest.raises(Forbidden):
            publish_policy(session, who.actor, PolicyDraft(PolicyKind.TERMS, "en", "Mine", "Mine."))
        with database.transaction() as session, pytest.raises(Forbidden):
            seen = seen_now(session, PolicyKind.TERMS, "en")
            save_draft(session, who.actor, PolicyEdit(PolicyKind.TERMS, "en", seen, "Mine", "Mine."))
        assert who.client.get("/admin/policies").status_code == 404
    assert (versions(database), drafts(database)) == (before, [])


@pytest.mark.parametrize(
    "address", ["nonsense/en", "terms/fr", "terms/x%20y", "terms/en/preview", "terms/en/publish"]
)
def test_what_is_not_there_is_not_found(aspen: cast.Someone, address: str) -> None:
    assert aspen.client.get(f"/admin/policies/{address}").status_code == 404


# --- from a draft to a version ---------------------------------------------------------------------------


@pytest.mark.proves("C12")
def test_a_policy_is_reworded_looked_at_and_published(
    aspen: cast.Someone, client: FlaskClient, database: Database
) -> None:
    page = aspen.client.get(TERMS)
    assert form_of(page)["markdown"].strip() == OLD.strip()
    assert "No draft yet: it begins with the words of version 1." in main_of(page).text
    saved = save(aspen.client, page)
    assert (saved.status_code, saved.headers["Location"]) == (303, f"{TERMS}/preview")
    # Nobody else sees any of it.
    assert "Be kinder" not in client.get("/policies/terms").text
    look = main_of(aspen.client.get(f"{TERMS}/preview"))
    assert "Be kinder to all." in look.one("section", class_="letter").text
    changes = look.one("section", aria_labelledby="changes")
    assert [one.text for one in changes.all("del")] == ["Be kind."]
    assert [one.text for one in changes.all("ins")] == ["Be kinder to all."]
    stamp = stamp_of(database)
    done = publish(aspen.client, material="yes")
    assert (done.status_code, done.headers["Location"]) == (303, "/admin/policies?published")
    assert (
        "Published" in main_of(aspen.client.get("/admin/policies?published")).one("div", role="status").text
    )
    assert versions(database) == [(1, "Terms", OLD, False), (2, "Terms", NEW, True)]
    assert drafts(database) == []
    assert stamp_of(database) == stamp + 1
    assert "Be kinder to all." in client.get("/policies/terms").text
    with database.reading() as session:
        entry = session.execute(
            select(AuditEntry.actor_uuid, AuditEntry.facts)
            .where(AuditEntry.action == Action.POLICY_PUBLISH.value)
            .order_by(AuditEntry.id.desc())
            .limit(1)
        ).one()
        newest = session.scalar(select(func.max(PolicyVersion.id)))
    assert tuple(entry) == (aspen.uuid, {"policy_version": newest})
    assert "published a policy" in main_of(aspen.client.get("/moderation/log")).text


def stamp_of(database: Database) -> int:
    with database.reading() as session:
        return page_stamps.read(session, ["site"])["site"]


@pytest.mark.proves("C12")
def test_the_day_it_is_published_for_is_the_day_it_holds_from(
    aspen: cast.Someone, client: FlaskClient
) -> None:
    day = clock.now().date() + timedelta(days=20)
    save(aspen.client)
    assert publish(aspen.client, effective_on=day.isoformat()).status_code == 303
    listed = main_of(aspen.client.get("/admin/policies")).text
    assert "version 1, in force from" in listed
    assert "version 2, announced for" in listed
    for when, words in ((day - timedelta(days=1), "Be kind."), (day, "Be kinder to all.")):
        with time_machine.travel(f"{when}T00:00:01+00:00"):
            assert words in client.get("/policies/terms").text
    # Whoever publishes another one before that is told what holds then.
    save(aspen.client, markdown="Be kindest.")
    told = main_of(aspen.client.get(f"{TERMS}/publish")).text
    assert "Version 2 is announced for" in told


def test_nothing_is_chosen_beforehand_and_what_it_means_is_said(aspen: cast.Someone) -> None:
    save(aspen.client)
    page = aspen.client.get(f"{TERMS}/publish")
    form = form_of(page)
    assert form["effective_on"] == ""
    assert "material" not in form
    text = main_of(page).text
    assert "Every member is asked to agree again before they next write" in text
    assert "Members are told about it" in text
    assert "This is final." in text


@pytest.mark.parametrize(
    "changes",
    [
        {"effective_on": ""},
        {"effective_on": "soon"},
        {"effective_on": "2027-02-30"},
        {"effective_on": (clock.now().date() - timedelta(days=1)).isoformat()},
        {"effective_on": (clock.now().date() + timedelta(days=400)).isoformat()},
        {"effective_on": "99999-01-01"},
        {"material": None},
        {"material": "perhaps"},
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_published(
    aspen: cast.Someone, database: Database, changes: dict[str, str | None]
) -> None:
    save(aspen.client)
    answer = publish(aspen.client, None, **changes)
    assert answer.status_code == 422
    assert "Nothing was sent" in main_of(answer).text
    if "effective_on" in changes:
        assert form_of(answer)["effective_on"] == changes["effective_on"]
    assert len(versions(database)) == 1
    assert drafts(database) == [NEW]


@pytest.mark.parametrize("changes", [{"title": ""}, {"markdown": " \n "}, {"title": "x" * 201}])
def test_a_draft_without_words_is_refused_and_what_was_typed_stays(
    aspen: cast.Someone, database: Database, changes: dict[str, str]
) -> None:
    answer = save(aspen.client, None, **changes)
    assert answer.status_code == 422
    assert drafts(database) == []
    if "title" in changes:
        assert form_of(answer)["markdown"].strip() == NEW.strip()


def test_a_text_that_nobody_could_read_is_refused(aspen: cast.Someone, database: Database) -> None:
    assert save(aspen.client, markdown="x" * LONGEST_TEXT).status_code == 422
    assert save(aspen.client, markdown="x" * (LONGEST_TEXT - 1)).status_code == 303
    assert len(drafts(database)) == 1


@pytest.mark.parametrize("seen", [None, "", "1", "1-2", "a-b-c", "-1-0-0", "1-0-0 ", f"{'9' * 19}-0-0"])
def test_what_no_page_sends_is_refused(aspen: cast.Someone, database: Database, seen: str | None) -> None:
    assert save(aspen.client, seen=seen).status_code == 400
    save(aspen.client)
    assert publish(aspen.client, seen=seen).status_code == 400
    assert send(aspen.client, f"{TERMS}/discard", seen=seen).status_code == 400
    assert (len(versions(database)), drafts(database)) == (1, [NEW])


def test_a_browser_that_sends_other_line_ends_changes_nothing(app: Flask, database: Database) -> None:
    """The shipped texts come back from a form as they were, so that nobody publishes a change that is none."""
    publish_texts(app)
    client = cast.administrator(app).client
    for kind in PolicyKind:
        address = f"/admin/policies/{kind.value}/en"
        page = client.get(address)
        sent = form_of(page)["markdown"].replace("\n", "\r\n")
        assert send(client, address, page, markdown=sent).status_code == 303
        preview = main_of(client.get(f"{address}/preview")).text
        assert "word for word what version 1 says" in preview
        assert "Publish it" not in preview
        refused = client.get(f"{address}/publish")
        assert main_of(refused).all("form") == []
        seen = form_of(client.get(f"{address}/discard"))
        today = {"effective_on": clock.now().date().isoformat(), "material": "no"}
        assert client.post(f"{address}/publish", data=seen | today).status_code == 409
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(PolicyVersion)) == len(PolicyKind)


def test_words_that_were_replaced_can_be_published_again(aspen: cast.Someone, database: Database) -> None:
    save(aspen.client)
    publish(aspen.client)
    save(aspen.client, markdown=OLD)
    assert publish(aspen.client).status_code == 303
    assert [markdown for _n, _title, markdown, _m in versions(database)] == [OLD, NEW, OLD]


def test_a_draft_is_safe_to_look_at(aspen: cast.Someone) -> None:
    save(aspen.client, title="<b>Terms</b>", markdown="<script>alert(1)</script> [x](javascript:alert(1))")
    for what in ("", "/preview", "/publish", "/discard"):
        answer = aspen.client.get(TERMS + what)
        assert answer.status_code == 200
        assert "<script>alert" not in answer.text
        assert "<b>Terms" not in answer.text
        assert 'href="javascript' not in answer.text


# --- two at once -----------------------------------------------------------------------------------------


def test_whoever_was_slower_sees_both_and_keeps_what_they_typed(
    app: Flask, aspen: cast.Someone, database: Database
) -> None:
    page = aspen.client.get(TERMS)
    rowan = cast.administrator(app, "Rowan")
    save(rowan.client, markdown="Be quiet.\n")
    answer = save(aspen.client, page)
    assert answer.status_code == 409
    main = main_of(answer)
    told = main.one("section", class_="urgent")
    assert "Rowan changed the draft" in told.text
    assert "Be quiet." in told.one("details").text
    assert main.one("section", aria_labelledby="differs").all("ins")
    assert form_of(answer)["markdown"].strip() == NEW.strip()
    assert drafts(database) == ["Be quiet.\n"]
    # Now they have seen it, and may take its place.
    assert save(aspen.client, answer).status_code == 303
    assert drafts(database) == [NEW]


def begun_anew(client: FlaskClient) -> None:
    """Throw the draft away and begin another one, which was changed as often as the first."""
    send(client, f"{TERMS}/discard")
    save(client, markdown="Begun anew.\n")


def published(client: FlaskClient) -> None:
    """Publish the draft."""
    publish(client)


def changed(client: FlaskClient) -> None:
    """Change the draft."""
    save(client, markdown="Be quiet.\n")


@pytest.mark.parametrize("meanwhile", [begun_anew, published, changed])
@pytest.mark.parametrize("act", [save, publish, None])
def test_nothing_is_done_to_what_was_not_seen(
    app: Flask,
    aspen: cast.Someone,
    database: Database,
    meanwhile: Callable[[FlaskClient], None],
    act: Callable[..., TestResponse] | None,
) -> None:
    save(aspen.client)
    address = {save: TERMS, publish: f"{TERMS}/publish", None: f"{TERMS}/discard"}[act]
    page = aspen.client.get(address)
    meanwhile(cast.administrator(app, "Rowan").client)
    before = versions(database), drafts(database)
    changes = {"markdown": "Mine.\n"} if act is save else {}
    answer = act(aspen.client, page, **changes) if act else send(aspen.client, address, page)
    assert answer.status_code == 409
    assert (versions(database), drafts(database)) == before
    if act is publish and meanwhile is published:
        assert "There is no draft any more" in main_of(answer).text
    elif act is publish:
        assert "Somebody changed the draft after you looked at it" in main_of(answer).text


def test_a_draft_is_thrown_away(aspen: cast.Someone, database: Database) -> None:
    save(aspen.client)
    page = aspen.client.get(f"{TERMS}/discard")
    assert drafts(database) == [NEW]
    assert send(aspen.client, f"{TERMS}/discard", page).status_code == 303
    assert drafts(database) == []
    assert send(aspen.client, f"{TERMS}/discard", page).status_code == 409
    assert "The draft is gone" in main_of(aspen.client.get("/admin/policies?discarded")).text
    assert len(versions(database)) == 1


def test_the_same_words_again_are_no_change(aspen: cast.Someone, database: Database) -> None:
    page = aspen.client.get(TERMS)
    save(aspen.client, page)
    with database.reading() as session:
        seen = seen_now(session, PolicyKind.TERMS, "en")
    assert save(aspen.client).status_code == 303
    with database.reading() as session:
        assert seen_now(session, PolicyKind.TERMS, "en") == seen


# --- the list --------------------------------------------------------------------------------------------


def test_the_list_has_each_kind_in_each_language(aspen: cast.Someone, database: Database) -> None:
    with database.transaction() as session:
        publish_policy(session, OPERATOR, PolicyDraft(PolicyKind.PRIVACY, "de", "Datenschutz", "Kurz.\n"))
    save(aspen.client)
    answer = aspen.client.get("/admin/policies")
    english, german = main_of(answer).all("section")
    assert [part.one("h2").text for part in (english, german)] == ["English", "Deutsch"]
    assert [len(part.all("h3")) for part in (english, german)] == [len(PolicyKind)] * 2
    assert english.text.count("A draft waits") == 1
    assert german.text.count("No version is in force.") == len(PolicyKind) - 1
    links = {link.attributes["href"] for link in main_of(answer).all("a")}
    assert {TERMS, "/admin/policies/privacy/de", "/policies/privacy/1?language=de"} <= links
    assert "/admin/policies" in {
        link.attributes["href"] for link in main_of(aspen.client.get("/admin")).all("a")
    }
    # What isn't there in a language yet begins with the English words.
    page = aspen.client.get("/admin/policies/privacy/de")
    assert "Kurz." in form_of(page)["markdown"]


def test_a_policy_of_another_language_begins_with_the_english_words(
    aspen: cast.Someone, database: Database
) -> None:
    with database.transaction() as session:
        publish_policy(session, OPERATOR, PolicyDraft(PolicyKind.TERMS, "de", "Regeln", "Sei nett.\n"))
        work = workplace(session, PolicyKind.TERMS, "it", ("en", "it"))
    assert (work.words.title, work.words.markdown) == ("Terms", OLD)
    assert (work.newest, work.in_force, work.seen.version) == (None, None, 0)


def test_it_takes_as_many_statements_whatever_there_is(aspen: cast.Someone, database: Database) -> None:
    counted = []
    for count in (2, 20):
        for number in range(count):
            with database.transaction() as session:
                text = PolicyDraft(PolicyKind.TERMS, "en", "Terms", f"{count} {number}\n")
                publish_policy(session, aspen.actor, text)
        save(aspen.client)
        with database.reading() as session, recorded(database) as statements:
            policies_by_language(session, ("en",))
            first = len(statements)
            workplace(session, PolicyKind.TERMS, "en", ("en",))
        counted.append((first, len(statements) - first))
    assert counted == [(2, 3), (2, 3)]


def test_a_draft_says_who_changed_it_until_they_leave(
    app: Flask, aspen: cast.Someone, database: Database
) -> None:
    save(aspen.client)
    assert "Last changed by Aspen" in main_of(aspen.client.get(TERMS)).text
    with database.transaction() as session:
        session.execute(update(Member).where(Member.id == aspen.member_id).values(state=MemberState.LEAVING))
    shown = main_of(cast.administrator(app, "Elder").client.get(TERMS)).text
    assert "Last changed by A former member" in shown
    assert "Aspen" not in shown
