"""How moderators work through the pages: they press the buttons that are there, with what is hidden beside them."""

import re
from uuid import UUID

from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from forum.accounts.models import Member
from forum.audit_log.models import AuditEntry
from forum.database.base import Base
from forum.database.session import Database
from forum.moderation.commands.reports import raise_report
from forum.moderation.drafts import ReportDraft
from forum.moderation.models import Notice, Report, ReportReason
from forum.permissions.actor import VISITOR, Actor
from tests.pages import Element, read_page


def report(
    database: Database,
    post_id: int,
    reason: ReportReason = ReportReason.OTHER,
    note: str = "",
    by: Actor = VISITOR,
) -> int:
    """Tell the moderators about a post."""
    with database.transaction() as session:
        told = raise_report(session, by, post_id, ReportDraft(reason, note))
    assert told is not None
    return told


def page(client: FlaskClient, address: str) -> Element:
    """Open a page, and return what stands in the middle of it."""
    answer = client.get(address)
    assert answer.status_code == 200, answer.text
    return read_page(answer.text).one("main")


def fields_of(client: FlaskClient, address: str, action: str) -> dict[str, str]:
    """Open a page, and return what its form that goes to ``action`` has hidden in it."""
    (form,) = (form for form in page(client, address).all("form") if form.attributes.get("action") == action)
    hidden = form.all("input", type="hidden")
    return {one.attributes["name"]: one.attributes.get("value", "") for one in hidden}


def press(client: FlaskClient, address: str, action: str, **fields: str) -> TestResponse:
    """Open a page, fill in its form that goes to ``action``, send it, and return the answer."""
    return client.post(action, data={**fields_of(client, address, action), **fields})


def entries(database: Database) -> list[AuditEntry]:
    """Return the audit log, the oldest first, without what came before the test's own people acted."""
    with database.reading() as session:
        return list(
            session.scalars(
                select(AuditEntry).where(AuditEntry.action.startswith("moderation:")).order_by(AuditEntry.id)
            )
        )


def notices(database: Database) -> list[Notice]:
    """Return what anybody was told, the oldest first."""
    with database.reading() as session:
        return list(session.scalars(select(Notice).order_by(Notice.id)))


def reports(database: Database) -> list[Report]:
    """Return what the moderators were told, the oldest first."""
    with database.reading() as session:
        return list(session.scalars(select(Report).order_by(Report.id)))


def refusal(client: FlaskClient, address: str) -> str:
    """Open an address that isn't there, and return the page without what differs from one answer to the next."""
    answer = client.get(address)
    assert answer.status_code == 404, answer.text
    shown = answer.text.replace(answer.headers["X-Request-Id"], "").replace(address, "")
    return re.sub(r'name="csrf_token" value="[^"]*"', "", shown)


def take(client: FlaskClient, report_id: int) -> None:
    """Take a report on."""
    address = f"/moderation/reports/{report_id}"
    assert press(client, address, f"{address}/claim").status_code == 303


def close(client: FlaskClient, report_id: int, outcome: str = "acted", text: str = "") -> int:
    """Close a report, and return the status of the answer."""
    address = f"/moderation/reports/{report_id}"
    answer = press(client, address, f"{address}/close", outcome=outcome, text=text, step="act")
    return answer.status_code


def rows_of(database: Database, member_id: int, uuid: UUID) -> int:
    """Return how many rows lead to a member."""
    with database.reading() as session:
        count = 0
        for table in Base.metadata.tables.values():
            for column in table.columns:
                keys = {key.target_fullname for key in column.foreign_keys}
                value = member_id if "member.id" in keys else uuid if "member.uuid" in keys else None
                if value is not None:
                    found = select(func.count()).select_from(table).where(column == value)
                    count += session.execute(found).scalar_one()
        return (
            count
            + session.execute(
                select(func.count()).select_from(Member).where(Member.id == member_id)
            ).scalar_one()
        )
