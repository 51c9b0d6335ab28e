"""What the tables of the community hold about people, and what becomes of each column.

What stands in threads is not deleted row by row: ``taking_back`` clears it, so that what others wrote keeps its place.
"""

from sqlalchemy import ColumnElement, select

from forum.community.models.blocks import Block
from forum.community.models.images import Image, ImageFile
from forum.community.models.kept_drafts import KeptDraft
from forum.community.models.people import HealthTerm, MemberTerm, Profile
from forum.community.models.reactions import Reaction, ReactionTally
from forum.community.models.reading import Bookmark, CategoryWatch, ReadMark, TopicWatch, Visit
from forum.community.models.slots import Slot
from forum.community.models.threads import (
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
                "default_audience",
                "widest_audience",
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
            "condition_id": _PLACE,
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
    Held(
        Slot,
        "Where somebody is mentioned or quoted. What stands there is found anew each time it is read.",
        {
            "id": NOT_PERSONAL,
            "post_id": kept("It is what somebody else wrote.", exported=False),
            "ordinal": NOT_PERSONAL,
            "kind": NOT_PERSONAL,
            "member_id": unnamed("Nobody can be found by it any more; the place says “former member”."),
            "source_post_id": kept("There is nothing left to quote where its words went.", exported=False),
            "source_version_id": NOT_PERSONAL,
            "starts_at": NOT_PERSONAL,
            "ends_at": NOT_PERSONAL,
        },
        about=lambda subject: Slot.member_id == subject.member_id,
    ),
    Held(
        Image,
        "A picture that somebody added.",
        {
            "id": NOT_PERSONAL,
            "name": _WORDS,
            "member_id": _AUTHOR,
            "post_id": _WORDS,
            "draft_id": withheld("The draft is in the copy itself."),
            "alt": _WORDS,
            "width": NOT_PERSONAL,
            "height": NOT_PERSONAL,
            "size": NOT_PERSONAL,
            "added_at": _WORDS,
        },
        about=lambda subject: Image.member_id == subject.member_id,
    ),
    Held(
        ImageFile,
        "A file in the store; it goes with the picture that it holds.",
        dict.fromkeys(("name", "image_id", "stored_at"), NOT_PERSONAL),
    ),
    Held(
        KeptDraft,
        "What somebody was writing and has not sent, for ninety days.",
        {
            "id": NOT_PERSONAL,
            "member_id": _WHOSE,
            "category_id": EXPORTED,
            "topic_id": EXPORTED,
            "post_id": EXPORTED,
            "revision": NOT_PERSONAL,
            "words": EXPORTED,
            "title": EXPORTED,
            "content_note": EXPORTED,
            "category_slug": EXPORTED,
            "intent": EXPORTED,
            "audience": EXPORTED,
            "condition": EXPORTED,
            "saved_at": EXPORTED,
        },
        about=lambda subject: KeptDraft.member_id == subject.member_id,
        rows_go=True,
    ),
    Held(
        HealthTerm,
        "The list of conditions and treatments that members can say are theirs.",
        dict.fromkeys(("id", "kind", "slug", "locale", "name", "offered"), NOT_PERSONAL),
    ),
    Held(
        MemberTerm,
        "That somebody says a condition or a treatment is theirs.",
        {"member_id": _WHOSE, "term_id": EXPORTED},
        about=lambda subject: MemberTerm.member_id == subject.member_id,
        rows_go=True,
    ),
    Held(
        Profile,
        "What somebody says about themselves, and who may see which part.",
        {
            "member_id": _WHOSE,
            "about": EXPORTED,
            "about_for": EXPORTED,
            "conditions_for": EXPORTED,
            "treatments_for": EXPORTED,
            "country": EXPORTED,
            "country_for": EXPORTED,
            "age_band": EXPORTED,
            "age_band_for": EXPORTED,
            "listed_as": EXPORTED,
        },
        about=lambda subject: Profile.member_id == subject.member_id,
        rows_go=True,
    ),
    Held(
        Reaction,
        "A kind answer to somebody’s post.",
        {"post_id": EXPORTED, "kind": EXPORTED, "member_id": _WHOSE},
        about=lambda subject: Reaction.member_id == subject.member_id,
        rows_go=True,
    ),
    Held(
        ReactionTally,
        "How many reactions of each kind a post has.",
        dict.fromkeys(("post_id", "with_you", "same_here", "thank_you", "no_words"), NOT_PERSONAL),
    ),
    Held(
        ReadMark,
        "How far somebody read in a topic.",
        {"member_id": _WHOSE, "topic_id": EXPORTED, "number": EXPORTED},
        about=lambda subject: ReadMark.member_id == subject.member_id,
        rows_go=True,
    ),
    Held(
        Visit,
        "When somebody was here last, and the time before that.",
        {"member_id": _WHOSE, "since": EXPORTED, "last_at": EXPORTED},
        about=lambda subject: Visit.member_id == subject.member_id,
        rows_go=True,
    ),
    Held(
        Bookmark,
        "A post that somebody keeps at hand, with a note for themselves.",
        {"id": NOT_PERSONAL, "member_id": _WHOSE, "post_id": EXPORTED, "note": EXPORTED, "made_at": EXPORTED},
        about=lambda subject: Bookmark.member_id == subject.member_id,
        rows_go=True,
    ),
    Held(
        TopicWatch,
        "Which topics somebody follows or muted.",
        {"member_id": _WHOSE, "topic_id": EXPORTED, "level": EXPORTED},
        about=lambda subject: TopicWatch.member_id == subject.member_id,
        rows_go=True,
    ),
    Held(
        CategoryWatch,
        "Which rooms somebody follows or muted.",
        {"member_id": _WHOSE, "category_id": EXPORTED, "level": EXPORTED},
        about=lambda subject: CategoryWatch.member_id == subject.member_id,
        rows_go=True,
    ),
    Held(
        Block,
        "Whom somebody does not want to meet. A block ends when either of the two leaves.",
        {
            "blocker_id": _WHOSE,
            "blocked_id": withheld("It is somebody else; the page of blocked people shows their name."),
            "blocked_on": EXPORTED,
        },
        about=lambda subject: Block.blocker_id == subject.member_id,
        rows_go=True,
    ),
)
