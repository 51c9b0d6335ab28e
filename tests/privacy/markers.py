"""Puts a word that is found nowhere else into every column that holds something of a member's, to be looked for later.

How it is used, with two members of ``tests.cast``::

    seeded = markers.seed(someone, "quokka")
    other = markers.seed(another, "numbat")
    seeded.exported()   # {"post.markdown": "quokka017", ...}: each has to be in their copy,
    other.all()         # and none of these.
    seeded.going()      # None of these may be anywhere once they are erased;
    seeded.kept()       # these stay, for the reasons in the registry.
    markers.places(database, seeded.going().values())   # {"quokka017": {"post.markdown"}, ...}: where they stand.

It knows no table by heart: rows are made from the columns that are there, as the registry declares them. A new column
of a kind that it has no value for fails by its name, and so does one whose words have no room for a marker, until
``_given`` says what to write there. Moments, numbers and words of closed sets hold no marker: ``Seeded.without_room``
names them.
"""

import json
import uuid
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Date,
    Enum,
    Integer,
    LargeBinary,
    String,
    Table,
    Uuid,
    insert,
    select,
    update,
)
from sqlalchemy.orm import Session

from forum import clock
from forum.accounts.models import AccountEvent, Member, PostsFate
from forum.community.models.people import HealthTerm, TermKind
from forum.community.models.threads import Audience, Category, PostState, TopicState
from forum.consent.models import ConsentEvent, ConsentRecord
from forum.database.base import Base
from forum.database.column_types import UtcDateTime
from forum.database.personal_data import Held, OnLeaving, Subject
from forum.database.session import Database
from forum.permissions.actions import Action
from forum.permissions.actor import MemberState, Purpose, Role
from forum.privacy import registry
from forum.privacy.models import ErasureKind, ExportState
from tests.cast import Someone

# These change what a member may do or see. None has room for a marker.
STANDINGS = frozenset({"block", "leaving", "suspension"})
# Made by joining, and guarded by triggers: what is unlike anything else in them are the hashes and the salt.
_OF_JOINING = {"consent_event": ("commitment", "hash"), "consent_record": ("salt",)}
# Which number of a member's stands there: theirs, or that of somebody on the team, which stays empty.
_THEIRS = frozenset({"topic.author_id", "post.author_id", "report.reporter_id"})


class NoFiller(AssertionError):
    """A column is new, and nobody has said what a marker in it looks like."""


@dataclass(frozen=True, slots=True)
class Seeded:
    """What was put in for one member: the marker in each column, by "table.column"."""

    subject: Subject
    markers: Mapping[str, str]
    # The columns about them that hold none, in tables that have a row of theirs now.
    without_room: frozenset[str]

    def all(self) -> dict[str, str]:
        """Return every marker."""
        return dict(self.markers)

    def exported(self) -> dict[str, str]:
        """Return those that belong into the member's copy."""
        return {name: marker for name, marker in self.markers.items() if _declared(name).exported}

    def going(self) -> dict[str, str]:
        """Return those that go with the member (with all their posts, unless they keep some)."""
        return self._by(OnLeaving.ERASED)

    def kept(self) -> dict[str, str]:
        """Return those that stay."""
        return self._by(OnLeaving.KEPT)

    def _by(self, on_leaving: OnLeaving) -> dict[str, str]:
        return {
            name: marker for name, marker in self.markers.items() if _declared(name).on_leaving is on_leaving
        }


def seed(someone: Someone, tag: str, but: Collection[str] = STANDINGS) -> Seeded:
    """Fill a row of a member's in every table that has such, except those of these names, and return the markers.

    ``tag`` is a made-up word of lower-case letters, at most ten. There has to be a room to write in. The rows are put
    in directly: no event tells of them, and the topic stands alone, without an answer of anybody's.
    """
    subject = Subject(someone.member_id, someone.uuid)
    with someone.database.transaction() as session:
        room = session.scalars(select(Category.id).limit(1)).one()
        filler = _Filler(subject, tag, room, _term(session))
        for held in _parents_first():
            if held.about is not None and registry.table_of(held).name not in but:
                filler.fill(session, held)
    return Seeded(subject, filler.markers, frozenset(filler.without_room))


def places(database: Database, wanted: Iterable[str]) -> dict[str, set[str]]:
    """Return the columns, of any table there is, in which each of these words stands; those found nowhere are left out.

    Capital letters make no difference.
    """
    words = {word.lower() for word in wanted}
    found: dict[str, set[str]] = {}
    for column, value in values(database):
        text = as_text(value).lower()
        for word in words:
            if word in text:
                found.setdefault(word, set()).add(column)
    return found


def values(database: Database) -> Iterator[tuple[str, Any]]:
    """Give every value of every row of every table, with the column that it stands in."""
    with database.reading() as session:
        for table in Base.metadata.sorted_tables:
            for row in session.execute(select(table)).mappings():
                for name, value in row.items():
                    yield f"{table.name}.{name}", value


def as_text(value: Any) -> str:
    """Return what somebody who looks for a word would see of a value."""
    if isinstance(value, bytes):
        return value.decode("latin-1")
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    return str(value)


def has_room(column: Column[Any]) -> bool:
    """Say whether a word can stand in a column: text that is no word of a closed set, bytes, or JSON."""
    return isinstance(column.type, String | LargeBinary | JSON) and not isinstance(column.type, Enum)


class _Filler:
    """Makes one member's rows, table by table, and remembers what went where."""

    def __init__(self, subject: Subject, tag: str, room: int, term: int) -> None:
        assert tag.isalpha(), tag
        assert tag.islower(), tag
        assert len(tag) <= 10, tag
        self.markers: dict[str, str] = {}
        self.without_room: set[str] = set()
        self._subject = subject
        self._tag = tag
        self._room = room
        self._term = term
        self._given = _given(subject)
        # The number of each row that was made, by its table.
        self._made: dict[str, int] = {}

    def fill(self, session: Session, held: Held) -> None:
        """Make the row of one table, and see that it is the member's."""
        table = registry.table_of(held)
        assert held.about is not None
        about = held.about(self._subject)
        if table.name == "block":
            self._given["block.blocker_id"] = self._subject.member_id
            self._given["block.blocked_id"] = self._somebody_else(session)
        if table.name in _OF_JOINING:
            self._read(session, table, _OF_JOINING[table.name])
        elif table.name == "member":
            row = {name: marker for name, marker in self._row(table).items() if name in ("name", "name_key")}
            session.execute(update(table).where(about).values(row))
        elif _is_one_a_member(table) and session.execute(select(1).select_from(table).where(about)).first():
            if row := {
                name: value for name, value in self._row(table).items() if has_room(table.columns[name])
            }:
                session.execute(update(table).where(about).values(row))
        else:
            made = session.execute(insert(table).values(self._row(table)).returning(*table.primary_key))
            self._made[table.name] = made.one()[0]
        if not session.execute(select(1).select_from(table).where(about)).first():
            raise NoFiller(f"The row that was made in {table.name} is not the member's.")
        self.without_room |= {
            f"{table.name}.{name}"
            for name, column in held.columns.items()
            if (column.exported or column.on_leaving is OnLeaving.ERASED)
            and f"{table.name}.{name}" not in self.markers
        }

    def _somebody_else(self, session: Session) -> int:
        """Make a member whom nothing else is about, for rows that are about two."""
        name = f"met-{self._tag}"
        met = Member(
            uuid=uuid.uuid4(),
            name=name,
            name_key=name,
            name_since=clock.now(),
            locale="en",
            joined_at=clock.now(),
        )
        session.add(met)
        session.flush()
        return met.id

    def _read(self, session: Session, table: Table, columns: Iterable[str]) -> None:
        """Take what joining made. The last event's hash stands in the next one, which may be somebody else's."""
        first = (
            select(table)
            .join(ConsentRecord, ConsentRecord.sequence == table.columns["sequence"])
            .where(ConsentRecord.subject == self._subject.uuid)
            .order_by(table.columns["sequence"])
            if table.name == ConsentEvent.__tablename__
            else select(table)
            .where(table.columns["subject"] == self._subject.uuid)
            .order_by(table.columns["sequence"])
        )
        row = session.execute(first.limit(1)).mappings().one()
        self.markers.update({f"{table.name}.{name}": row[name] for name in columns})

    def _row(self, table: Table) -> dict[str, Any]:
        row = {}
        for column in table.columns:
            name = str(column)
            if name in self._given:
                row[column.name] = self._given[name]
            elif column.foreign_keys:
                row[column.name] = self._key(column)
            elif has_room(column):
                row[column.name] = self._marker(column)
            elif not column.nullable and column.name != "id":
                row[column.name] = _plain(column)
        return row

    def _key(self, column: Column[Any]) -> Any:
        """Return what a foreign key holds: the member, a row that was made before, or nothing."""
        (target,) = (key.column for key in column.foreign_keys)
        if target.table.name == "member":
            is_theirs = column.name == "member_id" or str(column) in _THEIRS
            return self._subject.member_id if is_theirs else None
        if target.table.name == "category":
            return self._room
        if target.table.name == "health_term":
            return self._term
        return self._made.get(target.table.name)

    def _marker(self, column: Column[Any]) -> Any:
        marker = f"{self._tag}{len(self.markers):03d}"
        value = _AROUND.get(str(column), "{}").format(marker)
        length = getattr(column.type, "length", None)
        if length is not None and length < len(value):
            raise NoFiller(f"There is no room for a marker in {column}: say in _given what to write there.")
        self.markers[str(column)] = marker
        if isinstance(column.type, LargeBinary):
            return value.encode()
        return {"marker": value} if isinstance(column.type, JSON) else value


def _term(session: Session) -> int:
    """Return a condition of the list, which is the same for everybody."""
    found = session.scalars(select(HealthTerm.id).order_by(HealthTerm.id).limit(1)).first()
    if found is not None:
        return found
    term = HealthTerm(kind=TermKind.CONDITION, slug="back-pain", locale="en", name="Back pain", offered=True)
    session.add(term)
    session.flush()
    return term.id


# What stands around a marker, where a bare word would be none of its kind.
_AROUND = {
    "email_address.address": "{}@forum.invalid",
    "post.html": "<p>{}</p>",
    "post_version.html": "<p>{}</p>",
}


def _given(subject: Subject) -> dict[str, Any]:
    """Return what is written into columns that hold words of closed sets or none, or in which not everything may be."""
    now = clock.now()
    return {
        "account_notice.event": AccountEvent.PASSKEY_ADDED,
        "account_notice.provider": "google",
        "audit_entry.action": Action.POST_HIDE.value,
        "audit_entry.actor_role": Role.MODERATOR.value,
        "audit_entry.area": "posts",
        # Numbers and words of closed sets only.
        "audit_entry.facts": {},
        "audit_entry.member_uuid": subject.uuid,
        "audit_entry.reason": "off-topic",
        # Waiting, it would be built.
        "data_export.state": ExportState.FAILED,
        "erasure.kind": ErasureKind.CONSENT_WITHDRAWN,
        "erasure.purpose": Purpose.EMAIL,
        "erasure.subject": subject.uuid,
        # It was copied into the file already.
        "erasure.written_at": now,
        # A row stands in one place alone: a picture in a post, a draft for one.
        "image.draft_id": None,
        "kept_draft.category_id": None,
        "kept_draft.topic_id": None,
        "slot.source_post_id": None,
        "slot.source_version_id": None,
        # An issuer has to be one that we know.
        "identity.issuer": "https://facebook.stand-in.invalid",
        "leaving.posts": PostsFate.DELETE,
        "leaving.state_before": MemberState.ACTIVE,
        "member.locale": "en",
        "notice.action": Action.POST_HIDE.value,
        "notice.reason": "off-topic",
        "post.by_topic_author": True,
        "post.state": PostState.PUBLISHED,
        # Two letters of a country that there is.
        "profile.country": "PT",
        "report.outcome": None,
        "sign_in_session.expires_at": now + timedelta(days=7),
        "topic.audience": Audience.PUBLIC,
        "topic.condition_id": None,
        "topic.locale": "en",
        "topic.pinned": 0,
        "topic.reply_count": 0,
        "topic.state": TopicState.PUBLISHED,
    }


def _plain(column: Column[Any]) -> Any:
    """Return some value for a column that holds no words."""
    kind = column.type
    if isinstance(kind, Enum):
        return next(iter(kind.enum_class or kind.enums))
    plain: dict[type, Any] = {Boolean: False, Date: clock.today(), Integer: 1, UtcDateTime: clock.now()}
    if isinstance(kind, Uuid):
        return uuid.uuid4()
    for one, value in plain.items():
        if isinstance(kind, one):
            return value
    raise NoFiller(f"Nothing is known to fill {column} with, which holds a {kind!r}.")


def _is_one_a_member(table: Table) -> bool:
    return [column.name for column in table.primary_key] == ["member_id"]


def _parents_first() -> list[Held]:
    order = [table.name for table in Base.metadata.sorted_tables]
    return sorted(registry.HELD, key=lambda held: order.index(registry.table_of(held).name))


@cache
def _declared(name: str) -> Any:
    table, _, column = name.partition(".")
    return registry.held_in(table).columns[column]
