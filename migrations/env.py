"""How Alembic reaches the database: both dialects, foreign keys off while SQLite rebuilds tables, then checked."""

from alembic import context

from forum.accounts import models as accounts
from forum.audit_log import models as audit_log
from forum.community import models as community
from forum.community_settings import models as community_settings
from forum.consent import models as consent
from forum.database import migrate, page_stamps
from forum.database.base import Base
from forum.database.dialects import tools_for
from forum.jobs import models as jobs
from forum.moderation import models as moderation
from forum.privacy import models as privacy
from forum.search import models as search
from forum.treatments import models as treatments

# Importing them is what fills the metadata that migrations are compared with.
MODELS = (
    accounts,
    audit_log,
    community,
    community_settings,
    consent,
    jobs,
    moderation,
    page_stamps,
    privacy,
    search,
    treatments,
)


def run() -> None:
    """Run the migrations in one transaction."""
    url = context.config.get_main_option("sqlalchemy.url")
    if not url:
        raise SystemExit("Say which database: forum db upgrade reads it from the settings.")
    on_sqlite = url.startswith("sqlite")
    engine = tools_for("sqlite" if on_sqlite else "postgresql").migrating_engine(url)
    with engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            render_as_batch=on_sqlite,
            compare_type=True,
            include_object=migrate.is_compared,
            transaction_per_migration=False,
        )
        with context.begin_transaction():
            context.run_migrations()
            if on_sqlite:
                broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
                if broken:
                    raise RuntimeError(f"A migration left {len(broken)} rows pointing at nothing.")
    engine.dispose()


run()
