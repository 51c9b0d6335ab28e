"""What the table of jobs holds about people: numbers of rows, for as long as the work takes."""

from forum.database.personal_data import NOT_PERSONAL, Held, kept
from forum.jobs.models import Job

_NUMBERS = kept("Numbers of rows and no text. They lead nowhere once those rows are gone.", exported=False)

HELD: tuple[Held, ...] = (
    Held(
        Job,
        "Work that is still to be done. Work that is done leaves no row.",
        {
            **dict.fromkeys(
                (
                    "id",
                    "name",
                    "due_at",
                    "attempts",
                    "lease_token",
                    "leased_until",
                    "failed_at",
                    "last_error",
                    "created_at",
                ),
                NOT_PERSONAL,
            ),
            "payload": _NUMBERS,
            "unique_key": _NUMBERS,
        },
    ),
)
