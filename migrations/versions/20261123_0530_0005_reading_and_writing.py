"""What reading and writing need: read marks, visits, bookmarks, watches, drafts, pictures, slots, reactions, blocks."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from alembic import op

from forum.database.dialects import tools_for

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

WATCH_LEVELS = ("muted", "site")
REACTIONS = ("with-you", "same-here", "thank-you", "no-words")
SLOTS = ("mention", "quote")
ERASURES_BEFORE = (
    "member-erased",
    "leaving-begun",
    "leaving-cancelled",
    "post-deleted",
    "earlier-text-purged",
    "consent-withdrawn",
    "restricted",
    "restriction-lifted",
)
ERASURES = (*ERASURES_BEFORE, "picture-removed", "topic-narrowed")
# What the trigger of 0004 asks of the table that is made anew here.
ERASED = "EXISTS (SELECT 1 FROM erasure WHERE kind = 'member-erased' AND subject = OLD.subject)"
NEW = (
    "block",
    "read_mark",
    "visit",
    "bookmark",
    "topic_watch",
    "category_watch",
    "reaction",
    "reaction_tally",
    "slot",
    "kept_draft",
    "image",
    "image_file",
)
# Of tables that were there before.
INDEXES = (
    ("topic", "category_id", "intent", "pinned", "last_activity_at", "id"),
    ("topic", "category_id", "intent", "pinned", "started_at", "id"),
    ("topic", "started_at", "id"),
    ("post", "topic_id", "author_id", "state"),
)
WAITING = sa.text("first_reply_at IS NULL")
A_TOPIC = sa.text("topic_id IS NULL AND post_id IS NULL")
A_TOPIC_ANYWHERE = sa.text("topic_id IS NULL AND post_id IS NULL AND category_id IS NULL")


def upgrade() -> None:
    """Make the structure."""
    for table, *columns in INDEXES:
        op.create_index(_index_name(table, columns), table, columns)
    _partial_index("ix_topic_waiting", "topic", ["started_at", "id"], WAITING)
    _partial_index("ix_topic_waiting_in_category", "topic", ["category_id", "started_at", "id"], WAITING)
    op.create_table(
        "block",
        _number("blocker_id"),
        _number("blocked_id"),
        sa.Column("blocked_on", sa.Date(), nullable=False),
        _key("block", "blocker_id", "member"),
        _key("block", "blocked_id", "member", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("blocker_id", "blocked_id", name=op.f("pk_block")),
    )
    op.create_index(op.f("ix_block_blocked_id"), "block", ["blocked_id"])
    _pairs(
        "read_mark",
        ("member_id", "member"),
        ("topic_id", "topic"),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.CheckConstraint("number >= 0", name=op.f("ck_read_mark_number")),
    )
    op.create_table(
        "visit",
        _number("member_id"),
        _moment("since"),
        _moment("last_at"),
        _key("visit", "member_id", "member"),
        sa.PrimaryKeyConstraint("member_id", name=op.f("pk_visit")),
    )
    _table(
        "bookmark",
        _number("member_id"),
        _number("post_id"),
        sa.Column("note", sa.String(300), nullable=False),
        _moment("made_at"),
        _key("bookmark", "member_id", "member"),
        _key("bookmark", "post_id", "post"),
        unique=(("member_id", "post_id"),),
        indexes=(("post_id",), ("member_id", "id")),
    )
    _pairs("topic_watch", ("member_id", "member"), ("topic_id", "topic"), _words("level", WATCH_LEVELS))
    _pairs(
        "category_watch", ("member_id", "member"), ("category_id", "category"), _words("level", WATCH_LEVELS)
    )
    _make_reactions()
    _make_slots()
    _make_drafts_and_images()
    with _erasures(ERASURES) as batch:
        batch.add_column(sa.Column("detail", sa.String(64), nullable=True))
    _guard_consent()


def downgrade() -> None:
    """Take the structure back. Texts keep their slots, which nothing fills any more.

    What a backup must not bring back of pictures and of who may read a topic is forgotten here; its file keeps it.
    """
    op.execute("DELETE FROM erasure WHERE kind IN ('picture-removed', 'topic-narrowed')")
    with _erasures(ERASURES_BEFORE) as batch:
        batch.drop_column("detail")
    _guard_consent()
    for table in reversed(NEW):
        op.drop_table(table)
    op.drop_index("ix_topic_waiting_in_category", "topic")
    op.drop_index("ix_topic_waiting", "topic")
    for table, *columns in reversed(INDEXES):
        op.drop_index(_index_name(table, columns), table)


@contextmanager
def _erasures(kinds: tuple[str, ...]) -> Iterator[Any]:
    """Let the ledger hold these kinds and no others; SQLite makes the table anew, and no trigger may ask it then."""
    tools_for(op.get_bind().dialect.name).allow_deletes(op.get_bind(), "consent_record")
    allowed = ", ".join(f"'{kind}'" for kind in kinds)
    with op.batch_alter_table("erasure", table_kwargs={"sqlite_autoincrement": True}) as batch:
        batch.drop_constraint(op.f("ck_erasure_kind"), type_="check")
        batch.create_check_constraint(op.f("ck_erasure_kind"), f"kind IN ({allowed})")
        yield batch


def _guard_consent() -> None:
    tools_for(op.get_bind().dialect.name).refuse_deletes(
        op.get_bind(), "consent_record", "consent_record goes with its member alone", unless=ERASED
    )


def _make_reactions() -> None:
    op.create_table(
        "reaction",
        _number("post_id"),
        _words("kind", REACTIONS),
        _number("member_id"),
        _key("reaction", "post_id", "post"),
        _key("reaction", "member_id", "member"),
        sa.PrimaryKeyConstraint("post_id", "kind", "member_id", name=op.f("pk_reaction")),
    )
    op.create_index(op.f("ix_reaction_member_id_post_id"), "reaction", ["member_id", "post_id"])
    op.create_table(
        "reaction_tally",
        sa.Column("post_id", _NUMBER, nullable=False, autoincrement=False),
        *(sa.Column(name.replace("-", "_"), sa.Integer(), nullable=False) for name in REACTIONS),
        _key("reaction_tally", "post_id", "post"),
        sa.PrimaryKeyConstraint("post_id", name=op.f("pk_reaction_tally")),
        sa.CheckConstraint(
            "with_you >= 0 AND same_here >= 0 AND thank_you >= 0 AND no_words >= 0",
            name=op.f("ck_reaction_tally_counts"),
        ),
    )


def _make_slots() -> None:
    _table(
        "slot",
        _number("post_id"),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        _words("kind", SLOTS),
        _number("member_id", nullable=True),
        _number("source_post_id", nullable=True),
        _number("source_version_id", nullable=True),
        sa.Column("starts_at", sa.Integer(), nullable=True),
        sa.Column("ends_at", sa.Integer(), nullable=True),
        _key("slot", "post_id", "post"),
        _key("slot", "member_id", "member"),
        _key("slot", "source_post_id", "post"),
        _key("slot", "source_version_id", "post_version"),
        sa.CheckConstraint(
            "(kind = 'quote') = (starts_at IS NOT NULL AND ends_at IS NOT NULL AND starts_at < ends_at)",
            name=op.f("ck_slot_span"),
        ),
        sa.CheckConstraint("kind = 'quote' OR source_post_id IS NULL", name=op.f("ck_slot_source")),
        unique=(("post_id", "ordinal"),),
        indexes=(("member_id", "post_id"), ("source_post_id",), ("source_version_id",)),
    )


def _make_drafts_and_images() -> None:
    _table(
        "kept_draft",
        _number("member_id"),
        _number("category_id", nullable=True),
        _number("topic_id", nullable=True),
        _number("post_id", nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("title", sa.String(560), nullable=False),
        sa.Column("content_note", sa.String(240), nullable=False),
        sa.Column("category_slug", sa.String(80), nullable=False),
        sa.Column("intent", sa.String(40), nullable=False),
        sa.Column("audience", sa.String(40), nullable=False),
        _moment("saved_at"),
        *(_key("kept_draft", f"{target}_id", target) for target in ("member", "category", "topic", "post")),
        sa.CheckConstraint(
            "(CASE WHEN category_id IS NULL THEN 0 ELSE 1 END) + (CASE WHEN topic_id IS NULL THEN 0 ELSE 1 END)"
            " + (CASE WHEN post_id IS NULL THEN 0 ELSE 1 END) <= 1",
            name=op.f("ck_kept_draft_one_place"),
        ),
        unique=(("member_id", "topic_id"), ("member_id", "post_id")),
        indexes=(("member_id", "saved_at"), ("saved_at",), ("topic_id",), ("post_id",), ("category_id",)),
    )
    _partial_index(
        "uq_kept_draft_new_topic", "kept_draft", ["member_id", "category_id"], A_TOPIC, unique=True
    )
    _partial_index(
        "uq_kept_draft_new_topic_anywhere", "kept_draft", ["member_id"], A_TOPIC_ANYWHERE, unique=True
    )
    _table(
        "image",
        sa.Column("name", sa.String(64), nullable=False),
        _number("member_id", nullable=True),
        _number("post_id", nullable=True),
        _number("draft_id", nullable=True),
        sa.Column("alt", sa.String(500), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        _moment("added_at"),
        _key("image", "member_id", "member"),
        _key("image", "post_id", "post"),
        _key("image", "draft_id", "kept_draft"),
        sa.CheckConstraint("post_id IS NULL OR draft_id IS NULL", name=op.f("ck_image_one_place")),
        sa.CheckConstraint("width > 0 AND height > 0 AND size > 0", name=op.f("ck_image_measures")),
        unique=(("name",),),
        indexes=(("member_id",), ("post_id", "id"), ("draft_id",)),
    )
    op.create_table(
        "image_file",
        sa.Column("name", sa.String(64), nullable=False),
        _number("image_id", nullable=True),
        _moment("stored_at"),
        _key("image_file", "image_id", "image", ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_image_file")),
    )
    op.create_index(op.f("ix_image_file_image_id"), "image_file", ["image_id"])


_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _index_name(table: str, columns: list[str]) -> str:
    name: str = op.f(f"ix_{table}_{'_'.join(columns)}")
    return name


def _partial_index(name: str, table: str, columns: list[str], where: Any, *, unique: bool = False) -> None:
    op.create_index(name, table, columns, unique=unique, sqlite_where=where, postgresql_where=where)


def _pairs(name: str, first: tuple[str, str], second: tuple[str, str], *parts: Any) -> None:
    """Make a table with two rows of others as its key, found from either side."""
    op.create_table(
        name,
        _number(first[0]),
        _number(second[0]),
        *parts,
        _key(name, *first),
        _key(name, *second),
        sa.PrimaryKeyConstraint(first[0], second[0], name=op.f(f"pk_{name}")),
    )
    op.create_index(op.f(f"ix_{name}_{second[0]}"), name, [second[0]])


def _table(
    name: str,
    *parts: Any,
    indexes: tuple[tuple[str, ...], ...] = (),
    unique: tuple[tuple[str, ...], ...] = (),
) -> None:
    """Make a table with a number as its key."""
    op.create_table(
        name,
        sa.Column("id", _NUMBER, sa.Identity(always=False), nullable=False),
        *parts,
        *(sa.UniqueConstraint(*one, name=op.f(f"uq_{name}_{'_'.join(one)}")) for one in unique),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
        sqlite_autoincrement=True,
    )
    for index in indexes:
        op.create_index(op.f(f"ix_{name}_{'_'.join(index)}"), name, list(index))


def _number(name: str, *, nullable: bool = False) -> Any:
    return sa.Column(name, _NUMBER, nullable=nullable)


def _key(table: str, column: str, target: str, ondelete: str | None = None) -> Any:
    name = op.f(f"fk_{table}_{column}_{target}")
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=name, ondelete=ondelete)


def _moment(name: str, *, nullable: bool = False) -> Any:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _words(name: str, allowed: tuple[str, ...], *, nullable: bool = False) -> Any:
    kind = sa.Enum(*allowed, name=name, native_enum=False, create_constraint=True, length=40)
    return sa.Column(name, kind, nullable=nullable)
