"""What the index holds about people: that something of theirs can be found. It goes with the words it was made of."""

from sqlalchemy import select

from forum.community.models.threads import Post
from forum.database.personal_data import NOT_PERSONAL, Held, withheld
from forum.search.models import SearchDocument, SearchRules

HELD: tuple[Held, ...] = (
    Held(
        SearchDocument,
        "That a post or a treatment page can be found by its words; the index of them goes along with it.",
        {
            "id": NOT_PERSONAL,
            "post_id": withheld("Made from the post, to find it."),
            "treatment_version_id": NOT_PERSONAL,
        },
        about=lambda subject: SearchDocument.post_id.in_(
            select(Post.id).where(Post.author_id == subject.member_id)
        ),
    ),
    Held(SearchRules, "By which rules words were cut for the index.", {"version": NOT_PERSONAL}),
)
