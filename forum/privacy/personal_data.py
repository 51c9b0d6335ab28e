"""What the tables of members' rights hold about people, and what becomes of each column."""

from sqlalchemy import ColumnElement, or_, select

from forum.community.models.threads import Post
from forum.database.personal_data import EXPORTED, NOT_PERSONAL, Held, Subject, kept, withheld
from forum.privacy.models import DataExport, Erasure, KeptPost, LegalHold

_WHOSE = withheld("The number of the member's row, which never leaves the database.")
_NOT_AGAIN = kept(
    "What went must not come back with a backup: kept as long as backups are, and it leads to nobody."
)
_OBLIGED = kept(
    "The law obliges the community to keep it until its end, and may forbid to tell.", exported=False
)


def _posts_of(subject: Subject) -> ColumnElement[int | None]:
    return select(Post.id).where(Post.author_id == subject.member_id).scalar_subquery()


HELD: tuple[Held, ...] = (
    Held(
        DataExport,
        "A copy of everything of theirs that somebody asked for. The file goes after a week.",
        {
            "id": NOT_PERSONAL,
            "member_id": _WHOSE,
            "file_name": withheld("A random word, of use to nobody outside the server."),
            "state": EXPORTED,
            "parts_done": NOT_PERSONAL,
            "parts": NOT_PERSONAL,
            "asked_at": EXPORTED,
            "finished_at": EXPORTED,
            "size": EXPORTED,
        },
        about=lambda subject: DataExport.member_id == subject.member_id,
        rows_go=True,
    ),
    Held(
        KeptPost,
        "Which posts somebody wants to stay, should they leave.",
        {"post_id": EXPORTED, "member_id": _WHOSE},
        about=lambda subject: KeptPost.member_id == subject.member_id,
        rows_go=True,
    ),
    Held(
        Erasure,
        "What went or was hidden, and must not come back with a backup.",
        {
            "id": NOT_PERSONAL,
            "kind": _NOT_AGAIN,
            "subject": kept(
                "It leads to nobody once the member is erased, and is kept as long as backups are.",
                exported=False,
            ),
            "post_id": _NOT_AGAIN,
            "purpose": _NOT_AGAIN,
            "detail": kept(
                "A picture's random name, or who may read a topic: what went must not come back with a backup.",
                exported=False,
            ),
            "happened_at": _NOT_AGAIN,
            "written_at": NOT_PERSONAL,
        },
        about=lambda subject: or_(Erasure.subject == subject.uuid, Erasure.post_id.in_(_posts_of(subject))),
    ),
    Held(
        LegalHold,
        "The words of one post, which the law obliges the community to keep: two people, a reason, and an end.",
        {
            "id": NOT_PERSONAL,
            "post_id": _OBLIGED,
            "post_markdown": _OBLIGED,
            "reason": _OBLIGED,
            "asked_by": kept("Who on the team asked for it.", exported=False),
            "asked_at": NOT_PERSONAL,
            "confirmed_by": kept("Who on the team confirmed it.", exported=False),
            "confirmed_at": NOT_PERSONAL,
            "until": _OBLIGED,
        },
        about=lambda subject: LegalHold.post_id.in_(_posts_of(subject)),
    ),
)
