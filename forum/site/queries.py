"""The site's own pages, read: the home page, about, help now and how the installation is doing."""

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from markupsafe import Markup
from sqlalchemy import select
from sqlalchemy.orm import Session

from config import Settings
from forum import clock
from forum.accounts.models import Identity, Member
from forum.accounts.ways_in import name_of_issuer
from forum.community.queries.catch_up import RepliesToYou, replies_to_you
from forum.community.queries.topics import CategoryLine, TopicRow, category_lines, latest_topics
from forum.consent.queries import AgreedPolicy, locale_to_ask_in, policies_agreed_to, site_is_ready
from forum.jobs.queue import oldest_due
from forum.moderation.helplines import (
    FALLBACK_ADDRESS,
    FALLBACK_NAME,
    CountryHelplines,
    by_country,
    helplines_by_country,
)
from forum.permissions.actor import Actor, Role
from forum.site import shipped_texts
from forum.text.markdown import render_page
from forum.text.sanitising import cleaned
from forum.text.translate import content_locale
from forum.text.translate import gettext as _
from forum.treatments.queries import TreatmentLine, pinned_treatments

LATEST_TOPICS = 8
# The newest alone: the others stand on the page of what changed.
REPLIES_AT_HOME = 5
# A job that waits longer than this means that no worker runs, or not enough of them.
JOB_IS_LATE_AFTER = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class HomePage:
    """The home page. ``is_open`` is false until the operator published the texts that one agrees to."""

    is_open: bool
    pinned: tuple[TreatmentLine, ...]
    lately: tuple[TopicRow, ...]
    categories: tuple[CategoryLine, ...]
    # What others said to the member since their last visit; None for a visitor.
    to_you: RepliesToYou | None = None


@dataclass(frozen=True, slots=True)
class AboutPage:
    """Who runs this community, how it is moderated and what it keeps."""

    title: str
    body: Markup


@dataclass(frozen=True, slots=True)
class HelpNowPage:
    """Crisis help: the emergency first, then the helplines, then what else may help."""

    title: str
    opening: Markup
    countries: tuple[CountryHelplines, ...]
    fallback_name: str
    fallback_address: str
    rest: Markup


@dataclass(frozen=True, slots=True)
class AccountFacts:
    """What an account is, for its member: none of it can be changed on that page."""

    since: datetime
    role: str
    # What the providers are called by which they log in.
    ways_in: tuple[str, ...]
    policies: tuple[AgreedPolicy, ...]


@dataclass(frozen=True, slots=True)
class SettingsPage:
    """What can be set, and where. ``account`` is None for a visitor."""

    account: AccountFacts | None


@dataclass(frozen=True, slots=True)
class JobsHealth:
    """How the worker keeps up. ``waiting_since`` is None when nothing waits."""

    waiting_since: datetime | None
    late: bool


def home_page(session: Session, actor: Actor, *, hide_notes: bool = False) -> HomePage:
    """Return the home page, the same for every visitor who chose the same.

    Queries: 4, 1 more for a member
    """
    return HomePage(
        is_open=site_is_ready(session, locale_to_ask_in(session, content_locale())),
        pinned=pinned_treatments(session),
        lately=latest_topics(session, actor, LATEST_TOPICS, hide_notes=hide_notes),
        categories=category_lines(session),
        to_you=replies_to_you(session, actor, REPLIES_AT_HOME) if actor.is_member else None,
    )


def settings_page(session: Session, actor: Actor, keys_of_issuers: Mapping[str, str]) -> SettingsPage:
    """Return what can be set, with what a member's account is; ``keys_of_issuers`` are the providers in use.

    Queries: 3, none for a visitor
    """
    if actor.member_id is None or actor.uuid is None:
        return SettingsPage(account=None)
    rows = session.execute(
        select(Member.joined_at, Identity.issuer)
        .outerjoin(Identity, Identity.member_id == Member.id)
        .where(Member.id == actor.member_id)
        .order_by(Identity.id)
    ).all()
    account = AccountFacts(
        since=rows[0].joined_at,
        role=role_label(actor.role),
        ways_in=tuple(name_of_issuer(row.issuer, keys_of_issuers) for row in rows if row.issuer),
        policies=policies_agreed_to(session, actor.uuid),
    )
    return SettingsPage(account)


def role_label(role: Role) -> str:
    """Return what a member has been trusted with, in a few words."""
    return {
        Role.MEMBER: _("Member"),
        Role.PEER_SUPPORTER: _("Peer supporter"),
        Role.CATEGORY_MODERATOR: _("Moderator of some categories"),
        Role.MODERATOR: _("Moderator"),
        Role.ADMINISTRATOR: _("Administrator"),
    }[role]


def about_page(settings: Settings) -> AboutPage:
    """Return the about page from the shipped text and the operator's details.

    Queries: 0
    """
    text = shipped_texts.document("pages/about", settings, content_locale())
    return AboutPage(text.title, _rendered(text.markdown))


def help_now_page(session: Session, settings: Settings) -> HelpNowPage:
    """Return the page of crisis help, the same for everybody.

    Queries: 1
    """
    return _help_now_page(helplines_by_country(session, settings.operator_country), settings)


def shipped_help_now_page(settings: Settings) -> HelpNowPage:
    """Return the page of crisis help with the helplines as they were shipped, for when the database is away.

    Queries: 0
    """
    rows = shipped_texts.helplines()
    return _help_now_page(by_country(rows, settings.operator_country), settings)


def _help_now_page(countries: tuple[CountryHelplines, ...], settings: Settings) -> HelpNowPage:
    text = shipped_texts.document("pages/help-now", settings, content_locale())
    opening, heading, rest = text.markdown.partition("\n## ")
    return HelpNowPage(
        title=text.title,
        opening=_rendered(opening),
        countries=countries,
        fallback_name=FALLBACK_NAME,
        fallback_address=FALLBACK_ADDRESS,
        rest=_rendered(heading + rest),
    )


def jobs_health(session: Session) -> JobsHealth:
    """Return whether a job has been waiting for more than five minutes.

    Queries: 1
    """
    waiting_since = oldest_due(session)
    late = waiting_since is not None and waiting_since < clock.now() - JOB_IS_LATE_AFTER
    return JobsHealth(waiting_since, late)


@functools.lru_cache(maxsize=16)
def _rendered(markdown: str) -> Markup:
    """Render a shipped text; the same few come again and again, and change only with the settings."""
    return cleaned(render_page(markdown).html)
