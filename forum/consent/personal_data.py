"""What the tables of consent hold about people, and what becomes of each column."""

from sqlalchemy import select

from forum.consent.models import (
    ConsentEvent,
    ConsentRecord,
    InterfaceText,
    PolicyDraftText,
    PolicyVersion,
)
from forum.database.personal_data import EXPORTED, NOT_PERSONAL, Held, kept

_LINK = kept("A link of the chain. Without the record, which goes, it says nothing about anybody.")

HELD: tuple[Held, ...] = (
    Held(
        PolicyVersion,
        "A published policy.",
        dict.fromkeys(
            (
                "id",
                "kind",
                "version",
                "locale",
                "title",
                "markdown",
                "html",
                "sha256",
                "material",
                "published_at",
                "effective_at",
            ),
            NOT_PERSONAL,
        ),
    ),
    Held(
        PolicyDraftText,
        "A policy that administrators work on.",
        {
            **dict.fromkeys(
                ("id", "kind", "locale", "title", "markdown", "revision", "changed_at"), NOT_PERSONAL
            ),
            "changed_by": kept("A number that leads to nobody once they are erased.", exported=False),
        },
    ),
    Held(
        InterfaceText,
        "The words that stood beside a choice, the same for everybody.",
        dict.fromkeys(("sha256", "locale", "text", "first_shown_at"), NOT_PERSONAL),
    ),
    Held(
        ConsentEvent,
        "That something was decided, neither what nor by whom.",
        dict.fromkeys(("sequence", "commitment", "previous_hash", "hash", "happened_at"), _LINK),
        about=lambda subject: ConsentEvent.sequence.in_(
            select(ConsentRecord.sequence).where(ConsentRecord.subject == subject.uuid)
        ),
    ),
    Held(
        ConsentRecord,
        "What somebody agreed to, refused or took back, and under which texts. The copy holds each as a receipt.",
        dict.fromkeys(
            (
                "sequence",
                "record_id",
                "schema_version",
                "subject",
                "purpose",
                "decision",
                "policies",
                "happened_at",
                "method",
                "locale",
                "interface_text_sha256",
                "country",
                "gpc",
                "app_version",
                "salt",
            ),
            EXPORTED,
        ),
        about=lambda subject: ConsentRecord.subject == subject.uuid,
        rows_go=True,
    ),
)
