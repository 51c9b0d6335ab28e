"""Passkeys and recovery codes, sessions that people can look through, and the calls that providers make here.

Whoever is signed in stays so: their session counts as seen today, on a device nobody wrote down.
"""

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

BROWSERS = ("firefox", "chrome", "safari", "edge", "opera", "samsung", "other")
SYSTEMS = ("android", "iphone", "ipad", "windows", "mac", "chromebook", "linux", "other")
PROOFS = ("passkey", "recovery-code", "fresh-log-in", "return")
PURPOSES = ("sign-in", "prove", "add")
EVENTS = (
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
STATES = ("active", "paused", "waiting", "turned-away", "leaving")
NEW = (
    "passkey",
    "passkey_challenge",
    "recovery_code",
    "account_notice",
    "security_event",
    "leaving",
    "deletion_request",
)


def upgrade() -> None:
    """Make the structure, and say what can be said of sessions and attempts that are there."""
    _table(
        "passkey",
        _member(),
        sa.Column("credential_id", sa.String(1400), nullable=False),
        sa.Column("user_handle", sa.String(100), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(60), nullable=False),
        _moment("added_at"),
        sa.Column("last_used_on", sa.Date(), nullable=True),
        unique="credential_id",
        indexes=(("member_id",),),
    )
    _table(
        "passkey_challenge",
        sa.Column("challenge_hash", sa.String(64), nullable=False),
        sa.Column("browser_hash", sa.String(64), nullable=False),
        _words("purpose", PURPOSES),
        _moment("expires_at"),
        unique="challenge_hash",
        indexes=(("browser_hash",), ("expires_at",)),
    )
    _table(
        "recovery_code",
        _member(),
        sa.Column("code_hash", sa.String(64), nullable=False),
        _moment("made_at"),
        unique="code_hash",
        indexes=(("member_id",),),
    )
    _table(
        "account_notice",
        _member(),
        _words("event", EVENTS),
        sa.Column("provider", sa.String(20), nullable=False),
        _moment("made_at"),
        _moment("seen_at", nullable=True),
        indexes=(("member_id", "id"), ("made_at",)),
    )
    _table(
        "security_event",
        sa.Column("event_hash", sa.String(64), nullable=False),
        _moment("received_at"),
        unique="event_hash",
        indexes=(("received_at",),),
    )
    op.create_table(
        "leaving",
        _member(),
        _moment("since"),
        _words("state_before", STATES),
        _member_key("leaving"),
        sa.PrimaryKeyConstraint("member_id", name=op.f("pk_leaving")),
    )
    op.create_index(op.f("ix_leaving_since"), "leaving", ["since"])
    _table(
        "deletion_request",
        sa.Column("code_hash", sa.String(64), nullable=False),
        _member(nullable=True),
        _moment("asked_at"),
        unique="code_hash",
        indexes=(("member_id",), ("asked_at",)),
    )
    with op.batch_alter_table("sign_in_session", table_kwargs={"sqlite_autoincrement": True}) as batch:
        batch.add_column(sa.Column("last_seen_on", sa.Date(), nullable=True))
        batch.add_column(_words("browser", BROWSERS, nullable=True))
        batch.add_column(_words("system", SYSTEMS, nullable=True))
        batch.add_column(_words("proof", PROOFS, nullable=True))
        batch.add_column(_moment("proved_at", nullable=True))
    with op.batch_alter_table("sign_in_attempt", table_kwargs={"sqlite_autoincrement": True}) as batch:
        batch.add_column(_words("purpose", PURPOSES, nullable=True))
    sessions = sa.table(
        "sign_in_session",
        sa.column("last_seen_on", sa.Date()),
        sa.column("browser", sa.String()),
        sa.column("system", sa.String()),
    )
    # Not the day they began: after fourteen days without being seen they would be over.
    today = datetime.now(UTC).date()
    op.execute(sessions.update().values(last_seen_on=today, browser="other", system="other"))
    op.execute("UPDATE sign_in_attempt SET purpose = 'sign-in'")
    with op.batch_alter_table("sign_in_session", table_kwargs={"sqlite_autoincrement": True}) as batch:
        for name, kind in (
            ("last_seen_on", sa.Date()),
            ("browser", sa.String(40)),
            ("system", sa.String(40)),
        ):
            batch.alter_column(name, existing_type=kind, nullable=False)
        for name, allowed in (("browser", BROWSERS), ("system", SYSTEMS), ("proof", PROOFS)):
            batch.create_check_constraint(op.f(f"ck_sign_in_session_{name}"), _check(name, allowed))
        batch.create_index(op.f("ix_sign_in_session_last_seen_on"), ["last_seen_on"])
    with op.batch_alter_table("sign_in_attempt", table_kwargs={"sqlite_autoincrement": True}) as batch:
        batch.alter_column("purpose", existing_type=sa.String(40), nullable=False)
        batch.create_check_constraint(op.f("ck_sign_in_attempt_purpose"), _check("purpose", PURPOSES))


def downgrade() -> None:
    """Take the structure back. Whoever is signed in stays so; passkeys, codes and what was told go.

    Who is leaving comes back as they were before: without its table nobody would erase them, or bring them back.
    """
    op.execute(
        "UPDATE member SET state = (SELECT state_before FROM leaving WHERE leaving.member_id = member.id) "
        "WHERE id IN (SELECT member_id FROM leaving)"
    )
    _count_their_posts_again()
    # To the older release each of them would be plain signing in.
    op.execute("DELETE FROM sign_in_attempt WHERE purpose <> 'sign-in'")
    with op.batch_alter_table("sign_in_attempt", table_kwargs={"sqlite_autoincrement": True}) as batch:
        batch.drop_constraint(op.f("ck_sign_in_attempt_purpose"), type_="check")
        batch.drop_column("purpose")
    with op.batch_alter_table("sign_in_session", table_kwargs={"sqlite_autoincrement": True}) as batch:
        for name in ("browser", "system", "proof"):
            batch.drop_constraint(op.f(f"ck_sign_in_session_{name}"), type_="check")
        batch.drop_index(op.f("ix_sign_in_session_last_seen_on"))
        for name in ("last_seen_on", "browser", "system", "proof", "proved_at"):
            batch.drop_column(name)
    for table in reversed(NEW):
        op.drop_table(table)


def _count_their_posts_again() -> None:
    """Rewrite the facts of topics in which somebody wrote who was leaving, and is not any more."""
    shown = (
        "FROM post LEFT JOIN member ON member.id = post.author_id WHERE post.topic_id = topic.id "
        "AND post.state = 'published' AND (member.id IS NULL OR member.state = 'active')"
    )
    op.execute(
        f"UPDATE topic SET reply_count = (SELECT COUNT(*) {shown} AND post.number > 1), "  # noqa: S608 - no words but these.
        f"last_activity_at = COALESCE((SELECT MAX(post.written_at) {shown}), last_activity_at), "
        f"first_reply_at = (SELECT post.written_at {shown} AND post.number > 1 AND NOT post.by_topic_author "
        "ORDER BY post.number LIMIT 1) "
        "WHERE id IN (SELECT post.topic_id FROM post JOIN leaving ON leaving.member_id = post.author_id)"
    )


def _table(name: str, *columns: Any, indexes: tuple[tuple[str, ...], ...], unique: str | None = None) -> None:
    """Make a table with a number as its key."""
    parts: list[Any] = list(columns)
    if any(isinstance(column, sa.Column) and column.name == "member_id" for column in columns):
        parts.append(_member_key(name))
    if unique is not None:
        parts.append(sa.UniqueConstraint(unique, name=op.f(f"uq_{name}_{unique}")))
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


def _member(*, nullable: bool = False) -> Any:
    return sa.Column("member_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=nullable)


def _member_key(table: str) -> Any:
    return sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f(f"fk_{table}_member_id_member"))


def _moment(name: str, *, nullable: bool = False) -> Any:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _words(name: str, allowed: tuple[str, ...], *, nullable: bool = False) -> Any:
    """Return a column for one of these words; where it may be empty, the check is made once it is filled."""
    if nullable:
        return sa.Column(name, sa.String(40), nullable=True)
    kind = sa.Enum(*allowed, name=name, native_enum=False, create_constraint=True, length=40)
    return sa.Column(name, kind, nullable=False)


def _check(name: str, allowed: tuple[str, ...]) -> str:
    return f"{name} IN ({', '.join(repr(word) for word in allowed)})"
