"""What the pages of policies read: a version with its hash, the list of all of them, and what a version changed."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup
from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session, aliased

from forum import clock
from forum.consent.addresses import address_of, address_of_changes
from forum.consent.in_force import before, replaced_by
from forum.consent.models import PolicyKind, PolicyVersion
from forum.database.rows import AnyRow
from forum.errors import NotFound
from forum.text.differences import Passage, differences
from forum.text.sanitising import cleaned


@dataclass(frozen=True, slots=True)
class VersionLine:
    """One version in the list below a policy."""

    kind: PolicyKind
    locale: str
    version: int
    title: str
    published_at: datetime
    effective_at: datetime
    # Members had to agree anew before they next wrote.
    material: bool
    is_in_force: bool
    # Announced, and not in force yet.
    is_to_come: bool
    # The version that takes its place before it ever holds; 0 for none.
    replaced_by: int
    # The version that holds before this one; 0 for none.
    before: int

    @property
    def address(self) -> str:
        """Return where this version can be read for good."""
        return address_of(self.kind, self.locale, str(self.version))

    @property
    def changes_address(self) -> str:
        """Return where it is said what this version changed; "" where none held before it."""
        return address_of_changes(self.kind, self.locale, self.version, self.before)

    @property
    def text_address(self) -> str:
        """Return where the exact text is, of which the hash was taken: in this language, whoever asks."""
        return f"/policies/{self.kind.value}/{self.version}.md?language={self.locale}"


@dataclass(frozen=True, slots=True)
class PolicyPage:
    """A policy in one of its versions, and all the others."""

    shown: VersionLine
    html: Markup
    sha256: str
    versions: tuple[VersionLine, ...]

    @property
    def kind(self) -> PolicyKind:
        """Return which policy it is."""
        return self.shown.kind

    @property
    def version(self) -> int:
        """Return the version's number."""
        return self.shown.version

    @property
    def address(self) -> str:
        """Return where the version in force is read."""
        return address_of(self.kind, self.shown.locale)


@dataclass(frozen=True, slots=True)
class PolicyChangesPage:
    """What a version changed. ``passages`` is empty where nothing that can be read differs."""

    kind: PolicyKind
    locale: str
    version: int
    title: str
    before: int
    effective_at: datetime
    material: bool
    passages: tuple[Passage, ...]

    @property
    def address(self) -> str:
        """Return where this version is read."""
        return address_of(self.kind, self.locale, str(self.version))

    @property
    def before_address(self) -> str:
        """Return where the version before it is read."""
        return address_of(self.kind, self.locale, str(self.before))


def lines_of(
    session: Session, kind: PolicyKind | None = None, locale: str = ""
) -> dict[tuple[PolicyKind, str], tuple[VersionLine, ...]]:
    """Return the versions of every policy in every language, or of those that are asked for, the newest first.

    Queries: 1
    """
    statement = select(
        PolicyVersion.kind,
        PolicyVersion.locale,
        PolicyVersion.version,
        PolicyVersion.title,
        PolicyVersion.published_at,
        PolicyVersion.effective_at,
        PolicyVersion.material,
        replaced_by(PolicyVersion).label("replaced_by"),
        before(PolicyVersion).label("before"),
    ).order_by(PolicyVersion.version.desc())
    if kind is not None:
        statement = statement.where(PolicyVersion.kind == kind, PolicyVersion.locale == locale)
    rows: defaultdict[tuple[PolicyKind, str], list[AnyRow]] = defaultdict(list)
    for row in session.execute(statement):
        rows[row.kind, row.locale].append(row)
    now = clock.now()
    return {which: _lines(found, now) for which, found in rows.items()}


def version_lines(session: Session, kind: PolicyKind, locale: str) -> tuple[VersionLine, ...]:
    """Return every version of a policy, the newest first.

    Queries: 1
    """
    return lines_of(session, kind, locale).get((kind, locale), ())


def _lines(rows: list[AnyRow], now: datetime) -> tuple[VersionLine, ...]:
    begun = [row for row in rows if row.effective_at <= now]
    in_force = max(begun, key=lambda row: (row.effective_at, row.version)).version if begun else 0
    return tuple(
        VersionLine(
            kind=row.kind,
            locale=row.locale,
            version=row.version,
            title=row.title,
            published_at=row.published_at,
            effective_at=row.effective_at,
            material=row.material,
            is_in_force=row.version == in_force,
            is_to_come=row.effective_at > now,
            replaced_by=row.replaced_by or 0,
            before=row.before or 0,
        )
        for row in rows
    )


def policy_page(session: Session, kind: PolicyKind, locale: str, version: int | None = None) -> PolicyPage:
    """Return a policy in the version that counts now, or in the one asked for.

    Queries: 2. Raises NotFound when there is no such version, or none yet.
    """
    lines = version_lines(session, kind, locale)
    wanted = [line for line in lines if (line.is_in_force if version is None else line.version == version)]
    if not wanted:
        raise NotFound
    (shown,) = wanted
    html, sha256 = session.execute(
        select(PolicyVersion.html, PolicyVersion.sha256).where(*_is(kind, locale, shown.version))
    ).one()
    return PolicyPage(shown=shown, html=cleaned(html), sha256=sha256, versions=lines)


def policy_text(session: Session, kind: PolicyKind, locale: str, version: int) -> str:
    """Return a version's Markdown, of which its hash was taken.

    Queries: 1. Raises NotFound when there is no such version.
    """
    markdown = session.scalar(select(PolicyVersion.markdown).where(*_is(kind, locale, version)))
    if markdown is None:
        raise NotFound
    return markdown


def policy_changes_page(session: Session, kind: PolicyKind, locale: str, version: int) -> PolicyChangesPage:
    """Return what a version changed of the one that holds before it.

    Queries: 1. Raises NotFound when there is no such version, or none before it.
    """
    shown, earlier = aliased(PolicyVersion), aliased(PolicyVersion)
    row = session.execute(
        select(
            shown.title,
            shown.markdown,
            shown.effective_at,
            shown.material,
            earlier.version.label("version_before"),
            earlier.title.label("title_before"),
            earlier.markdown.label("markdown_before"),
        )
        .join(
            earlier,
            and_(
                earlier.kind == shown.kind, earlier.locale == shown.locale, earlier.version == before(shown)
            ),
        )
        .where(shown.kind == kind, shown.locale == locale, shown.version == version)
    ).one_or_none()
    if row is None:
        raise NotFound
    return PolicyChangesPage(
        kind=kind,
        locale=locale,
        version=version,
        title=row.title,
        before=row.version_before,
        effective_at=row.effective_at,
        material=row.material,
        passages=differences((row.title_before, row.markdown_before), (row.title, row.markdown)),
    )


def _is(kind: PolicyKind, locale: str, version: int) -> tuple[ColumnElement[bool], ...]:
    return (PolicyVersion.kind == kind, PolicyVersion.locale == locale, PolicyVersion.version == version)
