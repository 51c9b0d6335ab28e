"""What administrators look at: how things stand, and every version of the settings with who made it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from config import Settings
from forum.accounts.models import Member
from forum.audit_log.commands import OPERATOR_ROLE
from forum.community_settings.models import CommunitySettings, SignUp
from forum.community_settings.queries import BEFORE_ANY, SettingsInForce, settings_in_force
from forum.database.keyset import Window, slice_of
from forum.database.rows import AnyRow
from forum.moderation.helplines import (
    HelplineRow,
    StaleHelpline,
    country_code,
    stale_helplines,
    unconfirmed_helplines,
)
from forum.moderation.names import decider
from forum.site.queries import JobsHealth, jobs_health
from forum.text.translate import gettext as _

VERSIONS_PER_PAGE = 20


@dataclass(frozen=True, slots=True)
class SettingsChange:
    """A version of the settings, as a line of their history."""

    settings: SettingsInForce
    made_at: datetime
    who: str
    # A sentence for each thing that is otherwise than in the version before.
    changes: tuple[str, ...]

    @property
    def version(self) -> int:
        """Return the version's number."""
        return self.settings.version


@dataclass(frozen=True, slots=True)
class History:
    """A page of the versions, the newest first, with the cursors of the neighbouring pages."""

    changes: tuple[SettingsChange, ...]
    newer: str
    older: str


@dataclass(frozen=True, slots=True)
class AdminPage:
    """The first page of administration: what holds, and what needs somebody."""

    settings: SettingsInForce
    contact: str
    last_change: SettingsChange | None
    jobs: JobsHealth
    unconfirmed_helplines: tuple[HelplineRow, ...]
    stale_helplines: tuple[StaleHelpline, ...]


def admin_page(session: Session, settings: Settings) -> AdminPage:
    """Return how things stand.

    Queries: 5, or 4 where the operator's country is unknown
    """
    in_force = settings_in_force(session)
    newest = settings_history(session, Window(), 1).changes
    country = country_code(settings.operator_country)
    return AdminPage(
        settings=in_force,
        contact=in_force.contact or settings.operator_contact,
        last_change=newest[0] if newest else None,
        jobs=jobs_health(session),
        unconfirmed_helplines=unconfirmed_helplines(session, country) if country else (),
        stale_helplines=stale_helplines(session),
    )


def settings_history(session: Session, window: Window, size: int = VERSIONS_PER_PAGE) -> History:
    """Return who changed the settings, when and what. Raises Malformed for a foreign cursor.

    Queries: 1
    """
    before, earlier = aliased(CommunitySettings), aliased(CommunitySettings)
    # Numbers have gaps where a transaction was rolled back.
    newest_before = (
        select(earlier.id)
        .where(earlier.id < CommunitySettings.id)
        .order_by(earlier.id.desc())
        .limit(1)
        .correlate(CommunitySettings)
        .scalar_subquery()
    )
    statement = (
        select(
            CommunitySettings.sign_up,
            CommunitySettings.read_only,
            CommunitySettings.announcement,
            CommunitySettings.contact,
            CommunitySettings.changed_at,
            CommunitySettings.changed_by,
            Member.name,
            Member.state,
            before.id.label("before_id"),
            before.sign_up.label("before_sign_up"),
            before.read_only.label("before_read_only"),
            before.announcement.label("before_announcement"),
            before.contact.label("before_contact"),
            CommunitySettings.id,
        )
        .outerjoin(Member, Member.uuid == CommunitySettings.changed_by)
        .outerjoin(before, before.id == newest_before)
    )
    found = slice_of(session, statement, [CommunitySettings.id], window, size)
    return History(tuple(_change(row) for row in found.items), found.newer, found.older)


def what_changes(before: SettingsInForce, after: SettingsInForce) -> tuple[str, ...]:
    """Return a sentence for each thing that is otherwise than before."""
    sentences = []
    if after.sign_up is not before.sign_up:
        sentences.append(_who_can_join(after.sign_up))
    if after.read_only is not before.read_only:
        sentences.append(
            _("The community can only be read.") if after.read_only else _("The community can be written in.")
        )
    if after.announcement != before.announcement:
        sentences.append(
            _("Announcement: “%(words)s”", words=after.announcement)
            if after.announcement
            else _("No announcement.")
        )
    if after.contact != before.contact:
        sentences.append(
            _("Contact: %(contact)s", contact=after.contact)
            if after.contact
            else _("Contact: the operator’s own.")
        )
    return tuple(sentences)


def _who_can_join(sign_up: SignUp) -> str:
    return {
        SignUp.OPEN: _("Joining is open."),
        SignUp.APPROVAL: _("Moderators let new members in."),
        SignUp.CLOSED: _("Nobody new can join."),
    }[sign_up]


def _change(row: AnyRow) -> SettingsChange:
    after = SettingsInForce(row.id, row.sign_up, row.read_only, row.announcement, row.contact)
    before = BEFORE_ANY
    if row.before_id is not None:
        before = SettingsInForce(
            row.before_id,
            row.before_sign_up,
            row.before_read_only,
            row.before_announcement,
            row.before_contact,
        )
    who = decider(row.name, row.state, OPERATOR_ROLE if row.changed_by is None else "")
    return SettingsChange(after, row.changed_at, who, what_changes(before, after))
