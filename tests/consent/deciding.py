"""What the tests of changing one's mind share: sending the forms of the privacy page, and what was recorded."""

from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from forum import clock
from forum.consent.drafts import PolicyDraft
from forum.consent.models import ConsentRecord, Decision, InterfaceText, PolicyKind
from forum.consent.policies import publish_policy
from forum.database.session import Database
from forum.permissions.actor import OPERATOR, MemberState, Purpose
from tests.cast import Someone
from tests.pages import Element, read_page

PRIVACY = "/settings/privacy"
AGREE_AGAIN = f"{PRIVACY}/agree-again"
CHANGEABLE = tuple(purpose for purpose in Purpose if purpose is not Purpose.MEMBERSHIP)
OPTIONAL = tuple(purpose for purpose in CHANGEABLE if purpose is not Purpose.HEALTH_DATA)
GPC = {"Sec-GPC": "1"}


def opened(answer: TestResponse) -> Element:
    """Return the main part of a page."""
    return read_page(answer.text).one("main")


def section(page: Element, purpose: Purpose) -> Element:
    """Return the part of the privacy page that is about a purpose."""
    return page.one("section", id=purpose.value)


def form_to(answer: TestResponse, action: str) -> dict[str, str]:
    """Return what a browser sends with the form to an address, boxes as they are."""
    fields = opened(answer).one("form", action=action).all("input")
    sent = {}
    for one in fields:
        if one.attributes.get("type") != "checkbox" or "checked" in one.attributes:
            sent[one.attributes["name"]] = one.attributes.get("value", "")
    return sent


def give(client: FlaskClient, purpose: Purpose, headers: dict[str, str] | None = None) -> TestResponse:
    """Open the privacy page and press the button that agrees."""
    page = client.get(PRIVACY, headers=headers)
    action = f"{PRIVACY}/{purpose.value}/give"
    return client.post(action, data=form_to(page, action), headers=headers)


def take_back(client: FlaskClient, purpose: Purpose, headers: dict[str, str] | None = None) -> TestResponse:
    """Open the privacy page and press the button that takes it back."""
    page = client.get(PRIVACY, headers=headers)
    action = f"{PRIVACY}/{purpose.value}/take-back"
    return client.post(action, data=form_to(page, action), headers=headers)


def agree(client: FlaskClient, page: TestResponse, **changes: str) -> TestResponse:
    """Tick both boxes of the page that asks again, and send it."""
    boxes = {"agree_membership": "yes", "agree_health_data": "yes"}
    return client.post(AGREE_AGAIN, data=form_to(page, AGREE_AGAIN) | boxes | changes)


def publish(
    database: Database, kind: PolicyKind = PolicyKind.TERMS, *, material: bool, title: str = "Newer"
) -> int:
    """Publish a version of a policy that nobody has seen."""
    with database.transaction() as session:
        words = f"Newer words of {clock.now()}.\n"
        return publish_policy(session, OPERATOR, PolicyDraft(kind, "en", title, words, material=material))


def decisions(database: Database, who: Someone) -> list[tuple[Purpose, Decision]]:
    """Return everything that somebody decided after they joined."""
    return [(record.purpose, record.decision) for record, _words in records(database, who)][len(Purpose) :]


def records(database: Database, who: Someone) -> list[tuple[ConsentRecord, str]]:
    """Return everything that was recorded of somebody, with the words that stood beside it, the newest last."""
    with database.reading() as session:
        rows = session.execute(
            select(ConsentRecord, InterfaceText.text)
            .join(InterfaceText, InterfaceText.sha256 == ConsentRecord.interface_text_sha256)
            .where(ConsentRecord.subject == who.uuid)
            .order_by(ConsentRecord.sequence)
        ).all()
    return [(row[0], row[1]) for row in rows]


def state_of(who: Someone) -> MemberState:
    """Return how things stand with somebody now."""
    return who.actor.state


def is_asked_again(who: Someone) -> bool:
    """Say whether somebody has to agree again before they write."""
    return who.actor.has_to_agree_again


def has_news(who: Someone) -> bool:
    """Say whether there is something that somebody has not read yet."""
    return who.actor.has_new_notices
