"""What the tables of moderation hold about people, and what becomes of each column."""

from forum.database.personal_data import EXPORTED, NOT_PERSONAL, Held, kept, unnamed, withheld
from forum.moderation.models import Helpline, MemberNote, Notice, Report

_WHOSE = withheld("The number of the member's row, which never leaves the database.")
_CASE = kept("The case goes on without its reporter's name. It goes half a year after it came in, or sooner.")
_WORKED_ON_BY = unnamed("What a moderator did stays done; it was a former member, then.")

HELD: tuple[Held, ...] = (
    Held(
        Report,
        "What somebody told the moderators about a post.",
        {
            "id": NOT_PERSONAL,
            "reason": _CASE,
            "post_id": _CASE,
            "reporter_id": unnamed("The case goes on; from then on a reader told it."),
            "post_markdown": kept(
                "Somebody else's words, as they stood when they were reported. They outlive the post for at most "
                "half a year after the report, so that a decision about them can be looked at again.",
                exported=False,
            ),
            "note": _CASE,
            "raised_at": _CASE,
            "claimed_by_id": _WORKED_ON_BY,
            "claimed_at": kept("How the moderators share their work.", exported=False),
            "closed_by_id": _WORKED_ON_BY,
            "closed_at": _CASE,
            "outcome": _CASE,
        },
        about=lambda subject: Report.reporter_id == subject.member_id,
    ),
    Held(
        Notice,
        "What the moderators told somebody: why they acted, or what became of a report.",
        {
            "id": NOT_PERSONAL,
            "member_id": _WHOSE,
            "action": EXPORTED,
            "reason": EXPORTED,
            "outcome": EXPORTED,
            "topic_id": EXPORTED,
            "post_id": EXPORTED,
            "report_id": EXPORTED,
            "their_words": EXPORTED,
            "message": EXPORTED,
            "until": EXPORTED,
            "by_role": EXPORTED,
            "made_at": EXPORTED,
            "seen_at": EXPORTED,
        },
        about=lambda subject: Notice.member_id == subject.member_id,
        rows_go=True,
    ),
    Held(
        MemberNote,
        "What one moderator wants the others to know about somebody.",
        {
            "id": NOT_PERSONAL,
            "member_id": _WHOSE,
            "author_id": unnamed(
                "The note stays with whom it is about; who wrote it was a former member, then."
            ),
            "text": withheld(
                "It is the team's, and may say something of others. Whoever asks is told by people."
            ),
            "written_at": withheld("It goes with the text."),
        },
        about=lambda subject: MemberNote.member_id == subject.member_id,
        rows_go=True,
    ),
    Held(
        Helpline,
        "Somewhere to call or write: services, and nobody by name.",
        dict.fromkeys(
            (
                "id",
                "country",
                "service",
                "contact",
                "hours",
                "emergency",
                "state",
                "verified_on",
                "source",
                "confirmed_at",
            ),
            NOT_PERSONAL,
        ),
    ),
)
