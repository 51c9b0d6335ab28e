"""Whether this installation can serve: the database answers and has this release's structure, and jobs get done."""

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy.exc import SQLAlchemyError

from forum.database import migrate
from forum.database.session import Database
from forum.site.queries import jobs_health


class Readiness(StrEnum):
    """What is known of the installation, the worst first."""

    NO_DATABASE = "database-unreachable"
    NOT_MIGRATED = "database-not-migrated"
    JOBS_LATE = "jobs-late"
    READY = "ready"


@dataclass(frozen=True, slots=True)
class Health:
    """How things stand. Pages are served all the same while jobs are late, so that is no reason to turn people away."""

    readiness: Readiness

    @property
    def can_serve(self) -> bool:
        """Say whether pages can be served."""
        return self.readiness in (Readiness.READY, Readiness.JOBS_LATE)


def look(database: Database) -> Health:
    """Look at the database and at the jobs that wait in it."""
    try:
        with database.reading() as session:
            if not migrate.has_structure(session.connection()):
                return Health(Readiness.NOT_MIGRATED)
            jobs = jobs_health(session)
    except SQLAlchemyError:
        return Health(Readiness.NO_DATABASE)
    return Health(Readiness.JOBS_LATE if jobs.late else Readiness.READY)
