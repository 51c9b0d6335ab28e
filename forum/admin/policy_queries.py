"""What administrators see of policies: how each stands in each language, and the draft they work on."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from forum.accounts.models import Member
from forum.audit_log.commands import OPERATOR_ROLE
from forum.consent.addresses import address_of
from forum.consent.drafts import PolicySeen
from forum.consent.models import PolicyDraftText, PolicyKind, PolicyVersion
from forum.consent.policy_queries import VersionLine, lines_of, version_lines
from forum.errors import NotFound
from forum.moderation.names import decider
from forum.text.differences import Passage, differences
from forum.text.markdown import render_page
from forum.text.sanitising import cleaned
from forum.text.translate import DEFAULT_LOCALE, own_name
from forum.text.translate import gettext as _


@dataclass(frozen=True, slots=True)
class PolicyLine:
    """How a policy stands in a language."""

    kind: PolicyKind
    locale: str
    in_force: VersionLine | None
    # Those that will hold one day, the next first.
    announced: tuple[VersionLine, ...]
    has_draft: bool

    @property
    def name(self) -> str:
        """Return what this kind of policy is called."""
        return kind_in_words(self.kind)

    @property
    def address(self) -> str:
        """Return where it is worked on."""
        return workplace_address(self.kind, self.locale)


@dataclass(frozen=True, slots=True)
class Language:
    """The policies in a language, with what it is called by those who speak it."""

    name: str
    policies: tuple[PolicyLine, ...]


@dataclass(frozen=True, slots=True)
class WaitingDraft:
    """When a draft was last changed, and by whom."""

    changed_at: datetime
    who: str


@dataclass(frozen=True, slots=True)
class Wording:
    """The words of a policy: of its draft, or of one of its versions."""

    title: str
    markdown: str


@dataclass(frozen=True, slots=True)
class Workplace:
    """A policy with everything one has to know to change it."""

    kind: PolicyKind
    locale: str
    language: str
    seen: PolicySeen
    # What the form begins with: the draft, else the newest version, else that version in English to translate.
    words: Wording
    draft: WaitingDraft | None
    versions: tuple[VersionLine, ...]
    newest: Wording | None
    in_force: Wording | None

    @property
    def name(self) -> str:
        """Return what this kind of policy is called."""
        return kind_in_words(self.kind)

    @property
    def address(self) -> str:
        """Return where it is worked on."""
        return workplace_address(self.kind, self.locale)

    @property
    def version_in_force(self) -> VersionLine | None:
        """Return the version that holds now."""
        return next((line for line in self.versions if line.is_in_force), None)

    @property
    def announced(self) -> tuple[VersionLine, ...]:
        """Return the versions that will hold one day, the next first."""
        return announced(self.versions)

    @property
    def is_unchanged(self) -> bool:
        """Say whether the draft has the words of the newest version, so that there is nothing to publish."""
        return self.draft is not None and self.words == self.newest

    @property
    def next_version(self) -> int:
        """Return the number that the draft gets when it is published."""
        return self.seen.version + 1

    @property
    def public_address(self) -> str:
        """Return where readers find it."""
        return address_of(self.kind, self.locale)

    def rendered(self) -> Markup:
        """Return the words as readers will see them."""
        return cleaned(render_page(self.words.markdown).html)

    def changes(self) -> tuple[Passage, ...]:
        """Return what is different from the version in force; nothing where there is none."""
        return difference(self.in_force, self.words) if self.in_force else ()


def kind_in_words(kind: PolicyKind) -> str:
    """Return what a kind of policy is called."""
    return {
        PolicyKind.TERMS: _("Terms"),
        PolicyKind.HEALTH_DATA: _("Health data policy"),
        PolicyKind.PRIVACY: _("Privacy policy"),
        PolicyKind.GUIDELINES: _("Community guidelines"),
    }[kind]


def workplace_address(kind: PolicyKind, locale: str) -> str:
    """Return where a policy is worked on."""
    return f"/admin/policies/{kind.value}/{locale}"


def difference(before: Wording, after: Wording) -> tuple[Passage, ...]:
    """Return what is different between two wordings."""
    return differences((before.title, before.markdown), (after.title, after.markdown))


def announced(versions: Sequence[VersionLine]) -> tuple[VersionLine, ...]:
    """Return the versions that will hold one day, the next first."""
    to_come = [line for line in versions if line.is_to_come and not line.replaced_by]
    return tuple(sorted(to_come, key=lambda line: line.effective_at))


def policies_by_language(session: Session, offered: Sequence[str]) -> tuple[Language, ...]:
    """Return how every policy stands in each language that is offered, or that one is published or drafted in.

    Queries: 2
    """
    lines = lines_of(session)
    drafts = {
        (row.kind, row.locale)
        for row in session.execute(select(PolicyDraftText.kind, PolicyDraftText.locale))
    }
    used = {locale for _kind, locale in [*lines, *drafts]}
    return tuple(
        Language(
            own_name(locale),
            tuple(
                _line(kind, locale, lines.get((kind, locale), ()), has_draft=(kind, locale) in drafts)
                for kind in PolicyKind
            ),
        )
        for locale in [*offered, *sorted(used - {*offered})]
    )


def _line(kind: PolicyKind, locale: str, versions: Sequence[VersionLine], *, has_draft: bool) -> PolicyLine:
    in_force = next((line for line in versions if line.is_in_force), None)
    return PolicyLine(kind, locale, in_force, announced(versions), has_draft)


def workplace(session: Session, kind: PolicyKind, locale: str, offered: Sequence[str]) -> Workplace:
    """Return a policy to work on.

    Queries: 3. Raises NotFound for a language that is neither offered nor one in which anything of it is there.
    """
    versions = version_lines(session, kind, locale)
    found = session.execute(
        select(
            PolicyDraftText.id,
            PolicyDraftText.revision,
            PolicyDraftText.title,
            PolicyDraftText.markdown,
            PolicyDraftText.changed_at,
            PolicyDraftText.changed_by,
            Member.name,
            Member.state,
        )
        .outerjoin(Member, Member.uuid == PolicyDraftText.changed_by)
        .where(PolicyDraftText.kind == kind, PolicyDraftText.locale == locale)
    ).one_or_none()
    if not versions and found is None and locale not in offered:
        raise NotFound
    newest, in_force, in_english = _wordings(session, kind, locale, versions)
    draft = None
    if found is not None:
        role = OPERATOR_ROLE if found.changed_by is None else ""
        draft = WaitingDraft(found.changed_at, decider(found.name, found.state, role))
    return Workplace(
        kind=kind,
        locale=locale,
        language=own_name(locale),
        seen=PolicySeen(
            versions[0].version if versions else 0,
            found.id if found is not None else 0,
            found.revision if found is not None else 0,
        ),
        words=Wording(found.title, found.markdown) if found is not None else newest or in_english,
        draft=draft,
        versions=versions,
        newest=newest,
        in_force=in_force,
    )


def _wordings(
    session: Session, kind: PolicyKind, locale: str, versions: Sequence[VersionLine]
) -> tuple[Wording | None, Wording | None, Wording]:
    """Return the words of the newest version, of the one in force, and of the newest one in English."""
    in_force = next((line.version for line in versions if line.is_in_force), 0)
    wanted = {in_force, versions[0].version if versions else 0}
    newest_in_english = (
        select(PolicyVersion.id)
        .where(PolicyVersion.kind == kind, PolicyVersion.locale == DEFAULT_LOCALE)
        .order_by(PolicyVersion.version.desc())
        .limit(1)
        .scalar_subquery()
    )
    rows = session.execute(
        select(
            PolicyVersion.locale, PolicyVersion.version, PolicyVersion.title, PolicyVersion.markdown
        ).where(
            PolicyVersion.kind == kind,
            or_(
                (PolicyVersion.locale == locale) & PolicyVersion.version.in_(wanted),
                PolicyVersion.id == newest_in_english,
            ),
        )
    ).all()
    words = {(row.locale, row.version): Wording(row.title, row.markdown) for row in rows}
    english = max((version for where, version in words if where == DEFAULT_LOCALE), default=0)
    return (
        words.get((locale, versions[0].version)) if versions else None,
        words.get((locale, in_force)),
        words.get((DEFAULT_LOCALE, english), Wording("", "")),
    )
