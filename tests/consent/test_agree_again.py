"""Being asked again after a policy changed: before the next write, and before nothing else."""

from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from forum import clock
from forum.accounts.models import Member
from forum.community.models.threads import Post
from forum.consent import ledger
from forum.consent.choices_queries import agreement_due, policy_news
from forum.consent.drafts import PolicyDraft
from forum.consent.models import Decision, PolicyKind
from forum.consent.policies import publish_policy
from forum.database.session import Database
from forum.moderation.commands.members import note_member
from forum.permissions.actor import OPERATOR, MemberState, Purpose
from tests import cast
from tests.community.conftest import start, topic_draft
from tests.consent.deciding import (
    AGREE_AGAIN,
    PRIVACY,
    agree,
    decisions,
    form_to,
    has_news,
    is_asked_again,
    opened,
    publish,
    records,
    take_back,
)
from tests.moderation.conftest import make_post, make_room
from tests.moderation.working import report
from tests.pages import read_page
from tests.recorder import recorded

BOTH = [(Purpose.MEMBERSHIP, Decision.GIVEN), (Purpose.HEALTH_DATA, Decision.GIVEN)]
WORDS = "Words that took me an hour."


def links(answer: TestResponse) -> set[str]:
    return {link.attributes["href"] for link in opened(answer).all("a")}


# --- who is asked ----------------------------------------------------------------------------------------


@pytest.mark.proves("C12")
@pytest.mark.parametrize("kind", sorted(PolicyKind))
def test_a_material_change_asks_again_before_the_next_write(
    app: Flask, database: Database, kind: PolicyKind
) -> None:
    willow = cast.member(app, "Willow")
    make_room(database, "quiet-room")
    topic_id = start(database, willow.actor, topic_draft("quiet-room"))
    assert not is_asked_again(willow)
    publish(database, kind, material=True)
    assert is_asked_again(willow)
    for writing in ("/topics/new", f"/topics/{topic_id}/reply", "/posts/1/edit"):
        answer = willow.client.get(writing)
        assert answer.status_code == 403
        assert opened(answer).one("h1").text == "Before you write again"
    assert agree(willow.client, willow.client.get(AGREE_AGAIN)).status_code == 303
    assert not is_asked_again(willow)
    assert willow.client.get("/topics/new").status_code == 200
    assert decisions(database, willow) == BOTH
    named = records(database, willow)[-1][0].policies
    assert {policy["kind"]: policy["version"] for policy in named}[kind.value] == 2
    with database.reading() as session:
        assert ledger.verify(session).holds


@pytest.mark.proves("C12")
def test_reading_a_copy_leaving_and_taking_back_are_never_asked_for(app: Flask, database: Database) -> None:
    willow = cast.member(app, "Willow")
    make_room(database, "quiet-room")
    topic_id = start(database, willow.actor, topic_draft("quiet-room"))
    address = willow.client.get(f"/topics/{topic_id}").headers["Location"]
    publish(database, material=True)
    for free in (
        "/",
        address,
        "/categories/quiet-room",
        "/my-topics",
        "/my-posts",
        "/notices",
        "/settings",
        PRIVACY,
        f"{PRIVACY}/export",
        "/settings/leave",
        "/settings/sign-in",
        "/policies/terms",
        "/help-now",
    ):
        answer = willow.client.get(free)
        assert answer.status_code == 200, free
        assert "Before you write again" not in answer.text, free
    # What one wrote can be taken back, and so can every consent.
    assert willow.client.get("/posts/1/delete").status_code == 200
    assert take_back(willow.client, Purpose.HEALTH_DATA).status_code == 303


@pytest.mark.proves("C12")
def test_a_change_that_matters_less_is_a_notice(app: Flask, database: Database) -> None:
    willow = cast.member(app, "Willow")
    assert not has_news(willow)
    publish(database, PolicyKind.PRIVACY, material=False, title="Privacy policy")
    assert not is_asked_again(willow)
    assert has_news(willow)
    assert willow.client.get("/topics/new").status_code == 200
    page = willow.client.get("/notices")
    told = opened(page).one("section", id="policies")
    assert "Privacy policy (version 2)" in told.text
    assert {"/policies/privacy/2", "/policies/privacy/2/changes"} <= links(page)
    # What comes into force while somebody reads stays new.
    publish(database, PolicyKind.TERMS, material=False, title="Terms")
    read = form_to(page, "/notices/policies/seen")
    assert willow.client.post("/notices/policies/seen", data=read).status_code == 303
    told = opened(willow.client.get("/notices")).one("section", id="policies")
    assert "Privacy policy" not in told.text
    assert "Terms (version 2)" in told.text
    read = form_to(willow.client.get("/notices"), "/notices/policies/seen")
    assert willow.client.post("/notices/policies/seen", data=read).status_code == 303
    assert not has_news(willow)
    assert opened(willow.client.get("/notices")).all("section", id="policies") == []


@pytest.mark.parametrize("wrong", ["0", "99", "", "x"])
def test_only_what_is_in_force_can_have_been_read(app: Flask, database: Database, wrong: str) -> None:
    willow = cast.member(app, "Willow")
    publish(database, material=False)
    read = form_to(willow.client.get("/notices"), "/notices/policies/seen")
    answer = willow.client.post("/notices/policies/seen", data=read | {"up_to": wrong})
    assert answer.status_code in (400, 404)
    assert has_news(willow)


@pytest.mark.proves("C12")
def test_what_is_announced_asks_nobody_before_its_day(app: Flask, database: Database) -> None:
    willow = cast.member(app, "Willow")
    day = clock.now() + timedelta(days=10)
    with database.transaction() as session:
        draft = PolicyDraft(PolicyKind.TERMS, "en", "Terms", "New.\n", material=True, effective_at=day)
        publish_policy(session, OPERATOR, draft)
    assert (willow.actor.has_to_agree_again, willow.actor.has_new_notices) == (False, False)
    with time_machine.travel(day - timedelta(minutes=1)):
        assert (willow.actor.has_to_agree_again, willow.actor.has_new_notices) == (False, False)
    with time_machine.travel(day + timedelta(minutes=1)):
        assert (willow.actor.has_to_agree_again, willow.actor.has_new_notices) == (True, True)
        # Whoever joins now agreed to it.
        hazel = cast.member(app, "Hazel")
        assert (hazel.actor.has_to_agree_again, hazel.actor.has_new_notices) == (False, False)


def test_another_languages_policies_ask_nobody(app: Flask, database: Database) -> None:
    willow = cast.member(app, "Willow")
    with database.transaction() as session:
        draft = PolicyDraft(PolicyKind.TERMS, "de", "Bedingungen", "Neu.\n", material=True)
        publish_policy(session, OPERATOR, draft)
    assert (willow.actor.has_to_agree_again, willow.actor.has_new_notices) == (False, False)


def test_it_is_found_out_in_the_one_statement_of_who_acts(app: Flask, database: Database) -> None:
    willow = cast.member(app, "Willow")
    publish(database, material=True)
    with recorded(database) as statements:
        assert is_asked_again(willow)
    assert len(statements) == 1
    actor = willow.actor
    with recorded(database) as statements, database.reading() as session:
        agreement_due(session, actor)
    assert len(statements) == 2
    with recorded(database) as statements, database.reading() as session:
        assert len(policy_news(session, actor)) == 1
    assert len(statements) == 1


# --- the page --------------------------------------------------------------------------------------------


@pytest.mark.proves("C4")
@pytest.mark.proves("C12")
def test_the_page_says_what_changed_and_ticks_nothing(app: Flask, database: Database) -> None:
    willow = cast.member(app, "Willow")
    publish(database, PolicyKind.TERMS, material=True, title="Terms")
    publish(database, PolicyKind.PRIVACY, material=False, title="Privacy policy")
    page = willow.client.get(f"{AGREE_AGAIN}?next=/topics/7")
    changed = opened(page).one("section", aria_labelledby="changed")
    assert [one.text for one in changed.all("h3")] == ["Terms (version 2)", "Privacy policy (version 2)"]
    assert [chip.text for chip in changed.all(class_="chip")] == ["We ask you again because of this"]
    assert {
        "/policies/terms/2",
        "/policies/terms/2/changes",
        f"{PRIVACY}/export",
        "/settings/leave",
    } <= links(page)
    form = opened(page).one("form", action=AGREE_AGAIN)
    boxes = form.all("input", type="checkbox")
    assert [box.attributes["name"] for box in boxes] == ["agree_membership", "agree_health_data"]
    assert all("checked" not in box.attributes for box in boxes)
    # Both answers look the same, and saying no leads back without doing anything.
    (yes,), (no,) = form.all("button"), form.all("a", class_="button")
    assert (yes.attributes["class"], yes.text) == ("button plain", "Agree and go on")
    assert (no.attributes["class"], no.text, no.attributes["href"]) == (
        "button plain",
        "Not now",
        "/topics/7",
    )
    answer = agree(willow.client, page)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/topics/7")
    # What was agreed to is no news any more, and there is nothing left to ask.
    assert not has_news(willow)
    assert opened(willow.client.get(AGREE_AGAIN)).one("h1").text == "You agreed to what is in force"


@pytest.mark.proves("C10")
def test_the_words_that_are_kept_are_the_words_that_were_shown(app: Flask, database: Database) -> None:
    willow = cast.member(app, "Willow")
    publish(database, PolicyKind.HEALTH_DATA, material=True)
    page = willow.client.get(AGREE_AGAIN)
    shown = [one.text for one in opened(page).all("div", class_="field")]
    agree(willow.client, page)
    assert [" ".join(words.split()) for _record, words in records(database, willow)[-2:]] == shown
    assert "(version 2)" in shown[1]


@pytest.mark.parametrize("missing", ["agree_membership", "agree_health_data"])
def test_without_a_choice_it_says_which_and_records_nothing(
    app: Flask, database: Database, missing: str
) -> None:
    willow = cast.member(app, "Willow")
    publish(database, material=True)
    sent = form_to(willow.client.get(AGREE_AGAIN), AGREE_AGAIN)
    kept = {"agree_membership", "agree_health_data"} - {missing}
    answer = willow.client.post(AGREE_AGAIN, data=sent | dict.fromkeys(kept, "yes"))
    assert answer.status_code == 422
    assert "Writing needs this" in opened(answer).text
    assert form_to(answer, AGREE_AGAIN).keys() & {"agree_membership", "agree_health_data"} == kept
    assert decisions(database, willow) == []


@pytest.mark.proves("C5")
def test_a_policy_that_changed_meanwhile_is_shown_again(app: Flask, database: Database) -> None:
    willow = cast.member(app, "Willow")
    publish(database, material=True)
    page = willow.client.get(AGREE_AGAIN)
    publish(database, PolicyKind.PRIVACY, material=False)
    answer = agree(willow.client, page)
    assert answer.status_code == 409
    assert decisions(database, willow) == []
    assert agree(willow.client, answer).status_code == 303


@pytest.mark.proves("W5")
@pytest.mark.parametrize(
    "changes",
    [
        {"agree_membership": "maybe"},
        {"agree_email": "yes"},
        {"policies": ""},
        {"wording": "made up"},
        {"role": "administrator"},
    ],
)
def test_what_the_page_cannot_have_sent_is_refused(
    app: Flask, database: Database, changes: dict[str, str]
) -> None:
    willow = cast.member(app, "Willow")
    publish(database, material=True)
    assert agree(willow.client, willow.client.get(AGREE_AGAIN), **changes).status_code == 400
    assert decisions(database, willow) == []


def test_what_is_sent_twice_is_agreed_to_once(app: Flask, database: Database) -> None:
    willow = cast.member(app, "Willow")
    publish(database, material=True)
    page = willow.client.get(AGREE_AGAIN)
    assert [agree(willow.client, page).status_code for _time in range(2)] == [303, 303]
    assert decisions(database, willow) == BOTH


@pytest.mark.parametrize("elsewhere", ["//evil.example", "https://evil.example", "/log-out"])
def test_it_leads_nowhere_else(app: Flask, database: Database, elsewhere: str) -> None:
    willow = cast.member(app, "Willow")
    publish(database, material=True)
    answer = agree(willow.client, willow.client.get(AGREE_AGAIN), next=elsewhere)
    assert answer.headers["Location"] == AGREE_AGAIN


def test_whoever_took_back_what_writing_needs_can_agree_there(app: Flask, database: Database) -> None:
    willow = cast.member(app, "Willow")
    take_back(willow.client, Purpose.HEALTH_DATA)
    publish(database, material=True)
    agree(willow.client, willow.client.get(AGREE_AGAIN))
    assert willow.actor.state is MemberState.ACTIVE
    assert willow.client.get("/topics/new").status_code == 200


def test_giving_one_purpose_again_is_not_agreeing_to_what_changed(app: Flask, database: Database) -> None:
    willow = cast.consent_withdrawn(app)
    publish(database, material=True)
    action = f"{PRIVACY}/health-data/give"
    assert willow.client.post(action, data=form_to(willow.client.get(PRIVACY), action)).status_code == 303
    assert (willow.actor.state, willow.actor.has_to_agree_again) == (MemberState.ACTIVE, True)
    assert willow.client.get("/topics/new").status_code == 403


# --- nothing that was typed is lost ----------------------------------------------------------------------


@pytest.mark.proves("C12")
def test_what_was_typed_waits_and_is_sent_after_agreeing(app: Flask, database: Database) -> None:
    willow = cast.member(app, "Willow")
    make_room(database, "quiet-room")
    topic_id = start(database, willow.actor, topic_draft("quiet-room"))
    action = f"/topics/{topic_id}/reply"
    form = form_to(willow.client.get(action), action)
    publish(database, material=True)
    refused = willow.client.post(action, data=form | {"text": WORDS})
    assert refused.status_code == 403
    page = opened(refused)
    # Agreeing happens in another tab, so that the page with the words stays.
    assert page.one("form", action=AGREE_AGAIN).attributes["target"] == "_blank"
    waiting = form_to(refused, action)
    assert waiting["text"] == WORDS
    answer = agree(willow.client, refused)
    assert answer.headers["Location"] == AGREE_AGAIN
    assert "go back there and send it" in opened(willow.client.get(AGREE_AGAIN)).text
    assert willow.client.post(action, data=waiting).status_code == 303
    with database.reading() as session:
        assert WORDS in session.scalars(select(Post.markdown)).all()


def test_who_was_on_the_way_to_write_goes_on_there(app: Flask, database: Database) -> None:
    willow = cast.member(app, "Willow")
    make_room(database, "quiet-room")
    publish(database, material=True)
    refused = willow.client.get("/topics/new?category=quiet-room")
    assert form_to(refused, AGREE_AGAIN)["next"] == "/topics/new?category=quiet-room"
    # Whoever would rather not is not sent back to where they would be asked again.
    (no,) = opened(refused).one("form", action=AGREE_AGAIN).all("a", class_="button")
    assert no.attributes["href"] == "/"
    assert agree(willow.client, refused).headers["Location"] == "/topics/new?category=quiet-room"


@pytest.mark.proves("C12")
def test_pages_on_which_one_would_write_lead_to_what_changed(app: Flask, database: Database) -> None:
    willow = cast.member(app, "Willow")
    make_room(database, "quiet-room")
    topic_id = start(database, willow.actor, topic_draft("quiet-room"))
    address = willow.client.get(f"/topics/{topic_id}").headers["Location"]
    publish(database, material=True)
    for place in (address, "/categories/quiet-room"):
        page = willow.client.get(place)
        assert "so we ask you again before you write" in read_page(page.text).text
        assert f"{AGREE_AGAIN}?next={place}" in links(page)
    assert AGREE_AGAIN in links(willow.client.get(PRIVACY))


@pytest.mark.proves("C12")
def test_moderators_look_on_and_agree_before_they_decide(app: Flask, database: Database) -> None:
    willow, cedar = cast.member(app, "Willow"), cast.moderator(app, "Cedar")
    make_room(database, "quiet-room")
    post_id, topic_id, _room = make_post(database, willow.actor, "quiet-room", WORDS)
    told = report(database, post_id)
    action = f"/moderation/reports/{told}/claim"
    form = form_to(cedar.client.get(f"/moderation/reports/{told}"), action)
    publish(database, material=True)
    for read in (
        "",
        "/reports",
        f"/reports/{told}",
        f"/topics/{topic_id}",
        "/members",
        "/members/Willow",
        "/log",
    ):
        assert cedar.client.get(f"/moderation{read}").status_code == 200, read
    refused = cedar.client.post(action, data=form)
    assert refused.status_code == 403
    for ask in (f"/posts/{post_id}/hide", f"/topics/{topic_id}/lock", "/members/Willow/suspend"):
        page = cedar.client.get(f"/moderation{ask}")
        assert form_to(page, AGREE_AGAIN)["next"] == f"/moderation{ask}"
    # What was sent waits, as a member's words do.
    waiting = form_to(refused, action)
    assert agree(cedar.client, refused).headers["Location"] == AGREE_AGAIN
    assert cedar.client.post(action, data=waiting).status_code == 303


@pytest.mark.proves("C12")
def test_administrators_agree_before_they_change_anything_but_policies(
    app: Flask, database: Database
) -> None:
    aspen = cast.administrator(app)
    publish(database, material=True)
    assert form_to(aspen.client.get("/admin"), AGREE_AGAIN)["next"] == "/admin"
    for place in ("/admin/policies", "/admin/policies/terms/en"):
        assert aspen.client.get(place).status_code == 200, place
    page = aspen.client.get("/admin")
    assert agree(aspen.client, page).headers["Location"] == "/admin"
    assert aspen.client.get("/admin").status_code == 200


@pytest.mark.proves("C12")
def test_a_note_that_one_may_not_read_is_not_there_before_agreeing_either(
    app: Flask, database: Database
) -> None:
    cedar, morgan = cast.moderator(app, "Cedar"), cast.moderator(app, "Morgan")
    cast.member(app, "Willow")
    with database.transaction() as session:
        on_willow = note_member(session, cedar.actor, "Willow", "Wrote to them.")
    with database.transaction() as session:
        on_cedar = note_member(session, cast.administrator(app).actor, "Cedar", "Is away.")
    publish(database, material=True)
    for who, note, status in ((cedar, on_willow, 403), (cedar, on_cedar, 404), (morgan, on_willow, 404)):
        token = form_to(who.client.get("/settings/reading"), "/settings/reading")["csrf_token"]
        answer = who.client.post(f"/moderation/notes/{note}/delete", data={"csrf_token": token})
        assert answer.status_code == status


def test_a_program_is_told_in_its_own_way(app: Flask, database: Database) -> None:
    willow = cast.member(app, "Willow")
    publish(database, material=True)
    answer = willow.client.get("/topics/new", headers={"Accept": "application/json"})
    assert (answer.status_code, answer.mimetype) == (403, "application/problem+json")
    assert "Our policies changed" in answer.get_json()["detail"]


@pytest.mark.parametrize("state", sorted(set(MemberState) - {MemberState.ACTIVE}))
def test_agreeing_changes_nothing_else_about_an_account(
    app: Flask, database: Database, state: MemberState
) -> None:
    willow = cast.member(app, "Willow")
    publish(database, material=True)
    with database.transaction() as session:
        session.execute(update(Member).where(Member.id == willow.member_id).values(state=state))
    assert agree(willow.client, willow.client.get(AGREE_AGAIN)).status_code == 303
    assert willow.actor.state is (MemberState.ACTIVE if state is MemberState.PAUSED else state)
