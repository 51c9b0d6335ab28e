"""What audiences, profiles and search need: the list of conditions and treatments, profiles, the index."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from forum.database.dialects import tools_for

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

AUDIENCES = ("public", "public-unlisted", "members", "same-condition", "moderators-and-author")
FIELD_AUDIENCES = ("nobody", "members", "everyone")
ERASURES_BEFORE = (
    "member-erased",
    "leaving-begun",
    "leaving-cancelled",
    "post-deleted",
    "earlier-text-purged",
    "consent-withdrawn",
    "restricted",
    "restriction-lifted",
    "picture-removed",
    "topic-narrowed",
)
ERASURES = (*ERASURES_BEFORE, "profile-narrowed")
# What the trigger of 0004 asks of the table that is made anew here.
ERASED = "EXISTS (SELECT 1 FROM erasure WHERE kind = 'member-erased' AND subject = OLD.subject)"
# SQLite makes a table anew to change it, and would give keys of rows that went out again.
NEVER_REUSED = {"sqlite_autoincrement": True}
AGE_BANDS = ("18-29", "30-39", "40-49", "50-59", "60-69", "70-plus")
_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
# Which spaces part words is ``forum.search.words``'s to say: whatever comes between two spaces is one word here.
WORDS_ON_SQLITE = """
CREATE VIRTUAL TABLE search_words USING fts5(
    title, body, tokenize = "unicode61 remove_diacritics 0 categories 'L* M* N* P* S* C*'"
)
"""
# The words go with what they are of, whoever deletes it.
GOES_ALONG_ON_SQLITE = """
CREATE TRIGGER tr_search_document_words AFTER DELETE ON search_document
BEGIN DELETE FROM search_words WHERE rowid = OLD.id; END
"""
WORDS_ON_POSTGRESQL = """
CREATE TABLE search_words (
    document_id bigint CONSTRAINT pk_search_words PRIMARY KEY
        CONSTRAINT fk_search_words_document_id_search_document REFERENCES search_document (id) ON DELETE CASCADE,
    words tsvector NOT NULL
)
"""


def upgrade() -> None:
    """Make the structure."""
    _make_people()
    with op.batch_alter_table("category", table_kwargs=NEVER_REUSED) as batch:
        batch.add_column(_words("default_audience", AUDIENCES, nullable=True))
        batch.add_column(_words("widest_audience", AUDIENCES, server_default="public"))
    with op.batch_alter_table("category", table_kwargs=NEVER_REUSED) as batch:
        batch.alter_column("widest_audience", server_default=None)
        batch.create_check_constraint(
            op.f("ck_category_beforehand"), "default_audience IN ('members', 'moderators-and-author')"
        )
        batch.create_check_constraint(
            op.f("ck_category_limit"), "widest_audience IN ('public', 'public-unlisted', 'members')"
        )
    with op.batch_alter_table("kept_draft", table_kwargs=NEVER_REUSED) as batch:
        batch.add_column(sa.Column("condition", sa.String(80), nullable=False, server_default=""))
    with op.batch_alter_table("kept_draft", table_kwargs=NEVER_REUSED) as batch:
        batch.alter_column("condition", server_default=None)
    # None could be written before; whoever has some has made them by hand, and nobody but their authors reads them.
    op.execute("UPDATE topic SET audience = 'moderators-and-author' WHERE audience = 'same-condition'")
    with op.batch_alter_table("topic", table_kwargs=NEVER_REUSED) as batch:
        batch.add_column(_number("condition_id", nullable=True))
        batch.create_foreign_key(
            op.f("fk_topic_condition_id_health_term"), "health_term", ["condition_id"], ["id"]
        )
        batch.create_check_constraint(
            op.f("ck_topic_condition"), "(audience = 'same-condition') = (condition_id IS NOT NULL)"
        )
    op.create_index(op.f("ix_topic_condition_id"), "topic", ["condition_id"])
    op.create_table(
        "search_document",
        sa.Column("id", _NUMBER, sa.Identity(always=False), nullable=False),
        _number("post_id", nullable=True),
        _number("treatment_version_id", nullable=True),
        _key("search_document", "post_id", "post", ondelete="CASCADE"),
        _key("search_document", "treatment_version_id", "treatment_version", ondelete="CASCADE"),
        sa.UniqueConstraint("post_id", name=op.f("uq_search_document_post_id")),
        sa.UniqueConstraint("treatment_version_id", name=op.f("uq_search_document_treatment_version_id")),
        sa.CheckConstraint(
            "(post_id IS NULL) <> (treatment_version_id IS NULL)", name=op.f("ck_search_document_of_one")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_document")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "search_rules",
        sa.Column("version", sa.String(80), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_search_rules")),
    )
    _allow_erasures(ERASURES)
    if _on_sqlite():
        op.execute(WORDS_ON_SQLITE)
        op.execute(GOES_ALONG_ON_SQLITE)
    else:
        op.execute(WORDS_ON_POSTGRESQL)
        op.execute("CREATE INDEX ix_search_words_words ON search_words USING gin (words)")


def downgrade() -> None:
    """Take the structure back. Topics for those who share a condition are for their authors and moderators again.

    What a backup must not bring back of profiles, which go as a whole, is forgotten.
    """
    op.execute("DELETE FROM erasure WHERE kind = 'profile-narrowed'")
    _allow_erasures(ERASURES_BEFORE)
    if _on_sqlite():
        op.execute("DROP TRIGGER tr_search_document_words")
    op.execute("DROP TABLE search_words")
    op.drop_table("search_rules")
    op.drop_table("search_document")
    op.execute(
        "UPDATE topic SET condition_id = NULL, audience = 'moderators-and-author' WHERE audience = 'same-condition'"
    )
    op.drop_index(op.f("ix_topic_condition_id"), table_name="topic")
    with op.batch_alter_table("topic", table_kwargs=NEVER_REUSED) as batch:
        batch.drop_constraint(op.f("ck_topic_condition"), type_="check")
        batch.drop_constraint(op.f("fk_topic_condition_id_health_term"), type_="foreignkey")
        batch.drop_column("condition_id")
    with op.batch_alter_table("kept_draft", table_kwargs=NEVER_REUSED) as batch:
        batch.drop_column("condition")
    with op.batch_alter_table("category", table_kwargs=NEVER_REUSED) as batch:
        batch.drop_constraint(op.f("ck_category_limit"), type_="check")
        batch.drop_constraint(op.f("ck_category_beforehand"), type_="check")
        batch.drop_constraint(op.f("ck_category_widest_audience"), type_="check")
        batch.drop_column("widest_audience")
        batch.drop_constraint(op.f("ck_category_default_audience"), type_="check")
        batch.drop_column("default_audience")
    for table in ("profile", "member_term", "health_term"):
        op.drop_table(table)


def _allow_erasures(kinds: tuple[str, ...]) -> None:
    """Let the ledger hold these kinds and no others; SQLite makes the table anew, and no trigger may ask it then."""
    tools = tools_for(op.get_bind().dialect.name)
    tools.allow_deletes(op.get_bind(), "consent_record")
    allowed = ", ".join(f"'{kind}'" for kind in kinds)
    with op.batch_alter_table("erasure", table_kwargs=NEVER_REUSED) as batch:
        batch.drop_constraint(op.f("ck_erasure_kind"), type_="check")
        batch.create_check_constraint(op.f("ck_erasure_kind"), f"kind IN ({allowed})")
    tools.refuse_deletes(
        op.get_bind(), "consent_record", "consent_record goes with its member alone", unless=ERASED
    )


def _make_people() -> None:
    op.create_table(
        "health_term",
        sa.Column("id", _NUMBER, sa.Identity(always=False), nullable=False),
        _words("kind", ("condition", "treatment")),
        sa.Column("slug", sa.String(80), nullable=False),
        sa.Column("locale", sa.String(20), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("offered", sa.Boolean(), nullable=False),
        sa.UniqueConstraint("kind", "slug", name=op.f("uq_health_term_kind_slug")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_health_term")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "member_term",
        _number("member_id"),
        _number("term_id"),
        _key("member_term", "member_id", "member"),
        _key("member_term", "term_id", "health_term"),
        sa.PrimaryKeyConstraint("member_id", "term_id", name=op.f("pk_member_term")),
    )
    op.create_index(op.f("ix_member_term_term_id"), "member_term", ["term_id"])
    op.create_table(
        "profile",
        _number("member_id"),
        sa.Column("about", sa.Text(), nullable=False),
        _words("about_for", FIELD_AUDIENCES),
        _words("conditions_for", FIELD_AUDIENCES),
        _words("treatments_for", FIELD_AUDIENCES),
        sa.Column("country", sa.String(2), nullable=False),
        _words("country_for", FIELD_AUDIENCES),
        _words("age_band", AGE_BANDS, nullable=True),
        _words("age_band_for", FIELD_AUDIENCES),
        sa.Column("listed_as", sa.String(120), nullable=True),
        _key("profile", "member_id", "member"),
        sa.PrimaryKeyConstraint("member_id", name=op.f("pk_profile")),
    )
    op.create_index(op.f("ix_profile_listed_as_member_id"), "profile", ["listed_as", "member_id"])


def _on_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def _number(name: str, *, nullable: bool = False) -> Any:
    return sa.Column(name, _NUMBER, nullable=nullable)


def _key(table: str, column: str, target: str, ondelete: str | None = None) -> Any:
    name = op.f(f"fk_{table}_{column}_{target}")
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=name, ondelete=ondelete)


def _words(
    name: str, allowed: tuple[str, ...], *, nullable: bool = False, server_default: str | None = None
) -> Any:
    kind = sa.Enum(*allowed, name=name, native_enum=False, create_constraint=True, length=40)
    return sa.Column(name, kind, nullable=nullable, server_default=server_default)
