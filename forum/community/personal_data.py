"""What the tables of the community hold about people, and what becomes of each column.

What stands in threads is not deleted row by row: ``taking_back`` clears it, so that what others wrote keeps its place.
"""

from sqlalchemy import ColumnElement, select

from forum.community.models import (
    Category,
    CategoryModerator,
    Post,
    PostVersion,
    SubmissionKey,
    Topic,
)
from forum.database.personal_data import (
    EXPORTED,
    NOT_PERSONAL,
    Column,
    Held,
    OnLeaving,
    Subject,
    kept,
    unnamed,
    withheld,
)

_WHOSE = withheld("The number of the member's row, which never leaves the database.")
_WORDS = Column(
    exported=True,
    on_leaving=OnLeaving.ERASED,
    why="Unless its author chose that it stays, under “former member”.",
)
_PLACE = kept("Others answered: threads keep their shape, and addresses go on leading there.")
_AUTHOR = unnamed("The place in the thread stays, and says “former member”.")


def _posts_of(subject: Subject) -> ColumnElement[bool]:
    return Post.author_id == subject.member_id


HELD: tuple[Held, ...] = (
    Held(
        Category,
        "A room for topics.",
        dict.fromkeys(
            (
                "id",
                "slug",
                "locale",
                "position",
                "name",
                "description",
                "opening_markdown",
                "opening_html",
                "help_on_top",
            ),
            NOT_PERSONAL,
        ),
    ),
    Held(
        CategoryModerator,
        "Which rooms somebody moderates.",
        {"category_id": EXPORTED, "member_id": _WHOSE},
        about=lambda subject: CategoryModerator.member_id == subject.member_id,
        rows_go=True,
    ),
    Held(
        Topic,
        "A conversation that somebody began. It goes as a whole where nobody else answered.",
        {
            "id": _PLACE,
            "category_id": _PLACE,
            "author_id": _AUTHOR,
            "from_community": NOT_PERSONAL,
            "locale": _PLACE,
            "title": _WORDS,
            "slug": withheld("Made from the title."),
            "intent": _PLACE,
            "content_note": _WORDS,
            "audience": _PLACE,
            "state": _PLACE,
            "pinned": NOT_PERSONAL,
            "locked": NOT_PERSONAL,
            "merged_into_id": NOT_PERSONAL,
            "started_at": _PLACE,
            "last_number": NOT_PERSONAL,
            "reply_count": NOT_PERSONAL,
            "last_activity_at": NOT_PERSONAL,
            "first_reply_at": NOT_PERSONAL,
        },
        about=lambda subject: Topic.author_id == subject.member_id,
    ),
    Held(
        Post,
        "What somebody wrote.",
        {
            "id": _PLACE,
            "topic_id": _PLACE,
            "number": _PLACE,
            "author_id": _AUTHOR,
            "from_community": NOT_PERSONAL,
            "by_topic_author": kept(
                "Without it nobody could tell an answer from an afterthought once names are gone."
            ),
            "state": _PLACE,
            "moved_to_id": NOT_PERSONAL,
            "markdown": _WORDS,
            "html": withheld("Made from the text."),
            "renderer_version": NOT_PERSONAL,
            "written_at": _PLACE,
            "edited_at": _WORDS,
        },
        about=_posts_of,
    ),
    Held(
        PostVersion,
        "What stood in a post before its author changed it.",
        {
            "id": NOT_PERSONAL,
            "post_id": EXPORTED,
            "markdown": EXPORTED,
            "html": withheld("Made from the text."),
            "renderer_version": NOT_PERSONAL,
            "written_at": EXPORTED,
            "replaced_at": EXPORTED,
        },
        about=lambda subject: PostVersion.post_id.in_(select(Post.id).where(_posts_of(subject))),
        rows_go=True,
    ),
    Held(
        SubmissionKey,
        "What one sending of a form made, for two days, so that sending it twice makes one post.",
        {
            "id": NOT_PERSONAL,
            "member_id": _WHOSE,
            "key": withheld("A random word of the form."),
            "post_id": withheld("The post is in the copy itself."),
            "made_at": withheld("The post is in the copy itself, with its moment."),
        },
        about=lambda subject: SubmissionKey.member_id == subject.member_id,
        rows_go=True,
    ),
)
