"""What a member's rights need: copies, leaving with a choice, what was erased, holds, bans, drafts of policies.

Everybody counts as here today, and as having read the policies that are in force. From here on the record of a consent
goes with its member alone: a trigger asks for the note of their erasure.
"""

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

from forum.database.dialects import tools_for

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

STATES_BEFORE = ("active", "paused", "waiting", "turned-away", "leaving")
STATES = (*STATES_BEFORE, "restricted")
EVENTS_BEFORE = (
    "identity-added",
    "identity-removed",
    "identity-dormant",
    "passkey-added",
    "passkey-removed",
    "codes-made",
    "code-given",
    "code-used",
    "sessions-ended",
    "leaving-begun",
    "leaving-cancelled",
)
EVENTS = (*EVENTS_BEFORE, "export-asked", "export-ready", "inactive", "name-changed")
FATES = ("delete", "keep", "keep-chosen")
KINDS = ("terms", "health-data", "privacy", "guidelines")
PURPOSES = ("membership", "health-data", "email", "matching", "aggregate-statistics", "research-contact")
ERASURES = (
    "member-erased",
    "leaving-begun",
    "leaving-cancelled",
    "post-deleted",
    "earlier-text-purged",
    "consent-withdrawn",
    "restricted",
    "restriction-lifted",
)
NEW = (
    "data_export",
    "kept_post",
    "erasure",
    "legal_hold",
    "ban",
    "former_name",
    "policy_draft",
)
ERASED = "EXISTS (SELECT 1 FROM erasure WHERE kind = 'member-erased' AND subject = OLD.subject)"
# Tables whose closed sets grow: SQLite makes them anew for that.
GROWING = (
    ("member", "state", STATES_BEFORE, STATES),
    ("leaving", "state_before", STATES_BEFORE, STATES),
    ("account_notice", "event", EVENTS_BEFORE, EVENTS),
)


def upgrade() -> None:
    """Make the structure."""
    for table, column, _before, after in GROWING:
        _let_words(table, column, after)
    with op.batch_alter_table("member", table_kwargs={"sqlite_autoincrement": True}) as batch:
        batch.add_column(sa.Column("last_seen_on", sa.Date(), nullable=True))
        batch.add_column(sa.Column("warned_inactive_on", sa.Date(), nullable=True))
        batch.add_column(_moment("policies_seen_at", nullable=True))
    member = sa.table(
        "member",
        sa.column("last_seen_on", sa.Date()),
        sa.column("policies_seen_at", sa.DateTime(timezone=True)),
    )
    now = datetime.now(UTC)
    op.execute(member.update().values(last_seen_on=now.date(), policies_seen_at=now))
    with op.batch_alter_table("member", table_kwargs={"sqlite_autoincrement": True}) as batch:
        batch.alter_column("last_seen_on", existing_type=sa.Date(), nullable=False)
        batch.alter_column("policies_seen_at", existing_type=sa.DateTime(timezone=True), nullable=False)
        batch.create_index(op.f("ix_member_last_seen_on"), ["last_seen_on"])
    with op.batch_alter_table("leaving") as batch:
        batch.add_column(_moment("until", nullable=True))
        batch.add_column(sa.Column("posts", sa.String(40), nullable=True))
    _fill_in_leaving()
    with op.batch_alter_table("leaving") as batch:
        batch.alter_column("until", existing_type=sa.DateTime(timezone=True), nullable=False)
        batch.alter_column("posts", existing_type=sa.String(40), nullable=False)
        batch.create_check_constraint(op.f("ck_leaving_posts"), _check("posts", FATES))
        batch.drop_index(op.f("ix_leaving_since"))
        batch.create_index(op.f("ix_leaving_until"), ["until"])
    _make_tables()
    tools_for(op.get_bind().dialect.name).refuse_deletes(
        op.get_bind(), "consent_record", "consent_record goes with its member alone", unless=ERASED
    )


def downgrade() -> None:
    """Take the structure back. Whoever asked for restriction is shown as resting, which shows as little."""
    # It asks a table that goes.
    tools_for(op.get_bind().dialect.name).allow_deletes(op.get_bind(), "consent_record")
    for table in reversed(NEW):
        op.drop_table(table)
    op.execute("UPDATE member SET state = 'paused' WHERE state = 'restricted'")
    op.execute("UPDATE leaving SET state_before = 'paused' WHERE state_before = 'restricted'")
    op.execute(
        "DELETE FROM account_notice WHERE event IN ('export-asked', 'export-ready', 'inactive', 'name-changed')"
    )
    with op.batch_alter_table("leaving") as batch:
        batch.drop_constraint(op.f("ck_leaving_posts"), type_="check")
        batch.drop_index(op.f("ix_leaving_until"))
        batch.create_index(op.f("ix_leaving_since"), ["since"])
        batch.drop_column("until")
        batch.drop_column("posts")
    with op.batch_alter_table("member", table_kwargs={"sqlite_autoincrement": True}) as batch:
        batch.drop_index(op.f("ix_member_last_seen_on"))
        for name in ("last_seen_on", "warned_inactive_on", "policies_seen_at"):
            batch.drop_column(name)
    for table, column, before, _after in GROWING:
        _let_words(table, column, before)


def _make_tables() -> None:
    _table(
        "data_export",
        _member(),
        sa.Column("file_name", sa.String(64), nullable=False),
        _words("state", ("waiting", "ready", "failed")),
        sa.Column("parts_done", sa.Integer(), nullable=False),
        sa.Column("parts", sa.Integer(), nullable=False),
        _moment("asked_at"),
        _moment("finished_at", nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=True),
        unique=("file_name",),
        indexes=(("member_id", "asked_at"), ("asked_at",)),
    )
    op.create_table(
        "kept_post",
        _number("post_id"),
        _member(),
        _key("kept_post", "post_id", "post"),
        _key("kept_post", "member_id", "member"),
        sa.PrimaryKeyConstraint("post_id", name=op.f("pk_kept_post")),
    )
    op.create_index(op.f("ix_kept_post_member_id"), "kept_post", ["member_id"])
    _table(
        "erasure",
        _words("kind", ERASURES),
        sa.Column("subject", sa.Uuid(), nullable=True),
        sa.Column("post_id", sa.BigInteger(), nullable=True),
        _words("purpose", PURPOSES, nullable=True),
        _moment("happened_at"),
        _moment("written_at", nullable=True),
        sa.CheckConstraint("subject IS NULL OR post_id IS NULL", name=op.f("ck_erasure_about_one")),
        indexes=(("written_at", "id"), ("happened_at",)),
    )
    _table(
        "legal_hold",
        _number("post_id"),
        sa.Column("post_markdown", sa.Text(), nullable=False),
        sa.Column("reason", sa.String(400), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        _moment("asked_at"),
        sa.Column("confirmed_by", sa.Uuid(), nullable=True),
        _moment("confirmed_at", nullable=True),
        _moment("until"),
        _key("legal_hold", "post_id", "post"),
        sa.CheckConstraint(
            "(confirmed_by IS NULL) = (confirmed_at IS NULL)", name=op.f("ck_legal_hold_confirmed")
        ),
        sa.CheckConstraint("confirmed_by <> asked_by", name=op.f("ck_legal_hold_two_people")),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_legal_hold_reason")),
        indexes=(("post_id",), ("until",)),
    )
    _table(
        "ban",
        sa.Column("identity_hash", sa.String(64), nullable=False),
        _moment("until"),
        unique=("identity_hash",),
        indexes=(("until",),),
    )
    _table(
        "former_name",
        sa.Column("name_key_hash", sa.String(64), nullable=False),
        _member(nullable=True),
        _moment("free_at"),
        unique=("name_key_hash",),
        indexes=(("free_at",), ("member_id",)),
    )
    _table(
        "policy_draft",
        _words("kind", KINDS),
        sa.Column("locale", sa.String(20), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("markdown", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        _moment("changed_at"),
        sa.Column("changed_by", sa.Uuid(), nullable=True),
        unique=("kind", "locale"),
    )


def _fill_in_leaving() -> None:
    """Whoever is leaving has the fourteen days that they were told of, and their posts go."""
    if op.get_bind().dialect.name == "sqlite":
        until = "strftime('%Y-%m-%d %H:%M:%S', since, '+14 days') || substr(since, 20)"
    else:
        until = "since + INTERVAL '14 days'"
    op.execute(f"UPDATE leaving SET until = {until}, posts = 'delete'")  # noqa: S608 - no words but these.


def _let_words(table: str, column: str, allowed: tuple[str, ...]) -> None:
    """Let a column hold these words and no others."""
    numbered = {} if table == "leaving" else {"sqlite_autoincrement": True}
    with op.batch_alter_table(table, table_kwargs=numbered) as batch:
        batch.drop_constraint(op.f(f"ck_{table}_{column}"), type_="check")
        batch.create_check_constraint(op.f(f"ck_{table}_{column}"), _check(column, allowed))


def _table(
    name: str,
    *columns: Any,
    indexes: tuple[tuple[str, ...], ...] = (),
    unique: tuple[str, ...] = (),
) -> None:
    """Make a table with a number as its key."""
    parts: list[Any] = list(columns)
    if any(isinstance(column, sa.Column) and column.name == "member_id" for column in columns):
        parts.append(_key(name, "member_id", "member"))
    if unique:
        parts.append(sa.UniqueConstraint(*unique, name=op.f(f"uq_{name}_{'_'.join(unique)}")))
    op.create_table(
        name,
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            sa.Identity(always=False),
            nullable=False,
        ),
        *parts,
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
        sqlite_autoincrement=True,
    )
    for index in indexes:
        op.create_index(op.f(f"ix_{name}_{'_'.join(index)}"), name, list(index))


def _number(name: str, *, nullable: bool = False) -> Any:
    return sa.Column(name, sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=nullable)


def _member(*, nullable: bool = False) -> Any:
    return _number("member_id", nullable=nullable)


def _key(table: str, column: str, target: str) -> Any:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}_{target}"))


def _moment(name: str, *, nullable: bool = False) -> Any:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _words(name: str, allowed: tuple[str, ...], *, nullable: bool = False) -> Any:
    kind = sa.Enum(*allowed, name=name, native_enum=False, create_constraint=True, length=40)
    return sa.Column(name, kind, nullable=nullable)


def _check(name: str, allowed: tuple[str, ...]) -> str:
    return f"{name} IN ({', '.join(repr(word) for word in allowed)})"
