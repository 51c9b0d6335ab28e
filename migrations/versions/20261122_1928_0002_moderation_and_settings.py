"""Moderators manage threads and members, and administrators set things for the whole community.

SQLite can't change a CHECK constraint in place: the four tables whose closed sets grow are made anew there.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

from forum.database.dialects import tools_for

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
IMMUTABLE = ("audit_entry", "community_settings")

# The CHECKs that change, and how each read before (None: it is new).
CHECKS: dict[str, dict[str, tuple[str, str | None]]] = {
    "member": {
        "state": (
            "state IN ('active', 'paused', 'waiting', 'turned-away', 'leaving')",
            "state IN ('active', 'paused', 'suspended', 'leaving')",
        ),
    },
    "topic": {
        "state": (
            "state IN ('published', 'deleted', 'hidden', 'removed', 'merged')",
            "state IN ('published', 'deleted', 'hidden')",
        ),
        "merged": ("(state = 'merged') = (merged_into_id IS NOT NULL)", None),
    },
    "post": {
        "state": (
            "state IN ('published', 'deleted', 'held', 'hidden', 'removed', 'moved')",
            "state IN ('published', 'deleted', 'held', 'hidden')",
        ),
        "moved": ("(state = 'moved') = (moved_to_id IS NOT NULL)", None),
    },
    "report": {
        "outcome": ("outcome IN ('acted', 'cared', 'nothing-wrong')", None),
        "closed": ("(closed_at IS NULL) = (outcome IS NULL)", None),
    },
}
COLUMNS: dict[str, tuple[tuple[str, Any, str | None], ...]] = {
    "member": (),
    "topic": (("merged_into_id", NUMBER, "topic"),),
    "post": (("moved_to_id", NUMBER, "post"),),
    "report": (
        ("claimed_by_id", NUMBER, "member"),
        ("claimed_at", sa.DateTime(timezone=True), None),
        ("closed_by_id", NUMBER, "member"),
        ("closed_at", sa.DateTime(timezone=True), None),
        ("outcome", sa.String(40), None),
    ),
}
INDEXES: dict[str, tuple[tuple[str, ...], ...]] = {
    "member": (("state", "joined_at", "id"),),
    "topic": (("author_id", "started_at", "id"), ("merged_into_id",)),
    "post": (("author_id", "written_at", "id"), ("moved_to_id",)),
    "report": (("closed_at", "raised_at", "id"), ("claimed_by_id", "closed_at"), ("closed_by_id",)),
}
# Indexes that a longer one takes the place of.
REPLACED: dict[str, tuple[str, ...]] = {"topic": ("author_id",), "post": ("author_id",)}


def upgrade() -> None:
    """Make the structure, and keep who was suspended."""
    connection = op.get_bind()
    tools = tools_for(connection.dialect.name)
    op.create_table(
        "audit_entry",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            sa.Identity(always=False),
            nullable=False,
        ),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("action", sa.String(length=60), nullable=False),
        sa.Column("area", sa.String(length=20), nullable=False),
        sa.Column("actor_uuid", sa.Uuid(), nullable=True),
        sa.Column("actor_role", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("category_id", sa.BigInteger(), nullable=True),
        sa.Column("topic_id", sa.BigInteger(), nullable=True),
        sa.Column("post_id", sa.BigInteger(), nullable=True),
        sa.Column("report_id", sa.BigInteger(), nullable=True),
        sa.Column("member_uuid", sa.Uuid(), nullable=True),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entry")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_audit_entry_actor_uuid_id"), "audit_entry", ["actor_uuid", "id"])
    op.create_index(op.f("ix_audit_entry_area_id"), "audit_entry", ["area", "id"])
    op.create_index(op.f("ix_audit_entry_category_id_id"), "audit_entry", ["category_id", "id"])
    op.create_index(op.f("ix_audit_entry_made_at_id"), "audit_entry", ["made_at", "id"])
    op.create_index(op.f("ix_audit_entry_member_uuid_id"), "audit_entry", ["member_uuid", "id"])
    op.create_index(op.f("ix_audit_entry_post_id_id"), "audit_entry", ["post_id", "id"])
    op.create_index(op.f("ix_audit_entry_reason_id"), "audit_entry", ["reason", "id"])
    op.create_index(op.f("ix_audit_entry_report_id_id"), "audit_entry", ["report_id", "id"])
    op.create_index(op.f("ix_audit_entry_topic_id_id"), "audit_entry", ["topic_id", "id"])

    op.create_table(
        "community_settings",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            sa.Identity(always=False),
            nullable=False,
        ),
        sa.Column(
            "sign_up",
            sa.Enum(
                "open",
                "approval",
                "closed",
                name="sign_up",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("read_only", sa.Boolean(), nullable=False),
        sa.Column("announcement", sa.String(length=300), nullable=False),
        sa.Column("contact", sa.String(length=200), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_community_settings")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "member_note",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            sa.Identity(always=False),
            nullable=False,
        ),
        sa.Column("member_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("author_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["author_id"], ["member.id"], name=op.f("fk_member_note_author_id_member")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_member_note_member_id_member")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_member_note")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_member_note_author_id"), "member_note", ["author_id"])
    op.create_index(op.f("ix_member_note_member_id_id"), "member_note", ["member_id", "id"])

    op.create_table(
        "suspension",
        sa.Column("member_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_suspension_member_id_member")),
        sa.PrimaryKeyConstraint("member_id", name=op.f("pk_suspension")),
    )
    op.create_table(
        "notice",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            sa.Identity(always=False),
            nullable=False,
        ),
        sa.Column("member_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("action", sa.String(length=60), nullable=False),
        sa.Column(
            "reason",
            sa.Enum(
                "medical-instruction",
                "drug-sourcing",
                "misinformation",
                "harassment",
                "private-info",
                "spam-or-selling",
                "fundraising",
                "harmful-detail",
                "illegal-content",
                "repeated",
                "being-looked-at",
                "off-topic",
                "wrong-place",
                "same-subject",
                "heated",
                "answered",
                "useful-to-many",
                "author-asked",
                "looked-again",
                "other",
                name="reason",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column(
            "outcome",
            sa.Enum(
                "acted",
                "cared",
                "nothing-wrong",
                name="outcome",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("topic_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("post_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("report_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("their_words", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "by_role",
            sa.Enum(
                "member",
                "peer-supporter",
                "category-moderator",
                "moderator",
                "administrator",
                name="by_role",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_notice_member_id_member")),
        sa.ForeignKeyConstraint(["post_id"], ["post.id"], name=op.f("fk_notice_post_id_post")),
        sa.ForeignKeyConstraint(
            ["report_id"], ["report.id"], name=op.f("fk_notice_report_id_report"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["topic_id"], ["topic.id"], name=op.f("fk_notice_topic_id_topic")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_notice_member_id_id"), "notice", ["member_id", "id"])
    op.create_index(op.f("ix_notice_member_id_seen_at"), "notice", ["member_id", "seen_at"])
    op.create_index(op.f("ix_notice_post_id"), "notice", ["post_id"])
    op.create_index(op.f("ix_notice_report_id"), "notice", ["report_id"])
    op.create_index(op.f("ix_notice_topic_id"), "notice", ["topic_id"])

    op.execute(
        "INSERT INTO suspension (member_id, since) SELECT id, CURRENT_TIMESTAMP FROM member WHERE state = 'suspended'"
    )
    op.execute("UPDATE member SET state = 'active' WHERE state = 'suspended'")
    for table in CHECKS:
        _grow(table)
    tools.refuse_changes(connection, "audit_entry", "audit_entry is append-only")
    # Versions of the settings hold what somebody wrote, which must not have to be kept for ever.
    tools.refuse_updates(connection, "community_settings", "community_settings is never updated")


def downgrade() -> None:
    """Take the structure back. What moderators took down stays down, and moved lines become deleted posts."""
    connection = op.get_bind()
    tools = tools_for(connection.dialect.name)
    for table in IMMUTABLE:
        tools.allow_changes(connection, table)
    op.execute("UPDATE member SET state = 'paused' WHERE state IN ('waiting', 'turned-away')")
    op.execute("UPDATE topic SET state = 'hidden' WHERE state = 'removed'")
    op.execute("UPDATE topic SET state = 'deleted', merged_into_id = NULL WHERE state = 'merged'")
    op.execute("UPDATE post SET state = 'hidden' WHERE state = 'removed'")
    op.execute("UPDATE post SET state = 'deleted', moved_to_id = NULL WHERE state = 'moved'")
    for table in reversed(CHECKS):
        _shrink(table)
    op.execute(
        "UPDATE member SET state = 'suspended' WHERE state = 'active' AND id IN (SELECT member_id FROM suspension)"
    )
    for table in ("notice", "suspension", "member_note", "community_settings", "audit_entry"):
        op.drop_table(table)


def _grow(table: str) -> None:
    """Give a table its new columns, checks and indexes."""
    with op.batch_alter_table(table, table_kwargs={"sqlite_autoincrement": True}) as batch:
        for name, (_new, old) in CHECKS[table].items():
            if old:
                batch.drop_constraint(op.f(f"ck_{table}_{name}"), type_="check")
        for name, kind, target in COLUMNS[table]:
            batch.add_column(sa.Column(name, kind, nullable=True))
            if target:
                batch.create_foreign_key(op.f(f"fk_{table}_{name}_{target}"), target, [name], ["id"])
        for name, (new, _old) in CHECKS[table].items():
            batch.create_check_constraint(op.f(f"ck_{table}_{name}"), new)
        for name in REPLACED.get(table, ()):
            batch.drop_index(op.f(f"ix_{table}_{name}"))
        for columns in INDEXES[table]:
            batch.create_index(op.f(f"ix_{table}_{'_'.join(columns)}"), list(columns))


def _shrink(table: str) -> None:
    """Take them back."""
    with op.batch_alter_table(table, table_kwargs={"sqlite_autoincrement": True}) as batch:
        for name in CHECKS[table]:
            batch.drop_constraint(op.f(f"ck_{table}_{name}"), type_="check")
        for columns in INDEXES[table]:
            batch.drop_index(op.f(f"ix_{table}_{'_'.join(columns)}"))
        for name in REPLACED.get(table, ()):
            batch.create_index(op.f(f"ix_{table}_{name}"), [name])
        for name, _kind, target in COLUMNS[table]:
            if target:
                batch.drop_constraint(op.f(f"fk_{table}_{name}_{target}"), type_="foreignkey")
            batch.drop_column(name)
        for name, (_new, old) in CHECKS[table].items():
            if old:
                batch.create_check_constraint(op.f(f"ck_{table}_{name}"), old)
