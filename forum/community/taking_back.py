"""What becomes of topics when words go: those of one post that its author takes back, or everything of whoever left.

Who may do it, and when, is decided where it is asked for. Numbers stay in every case, so that threads keep their shape.
"""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Select, and_, delete, exists, false, not_, or_, select, update
from sqlalchemy.orm import Session, aliased

from forum.community.letting_go import (
    hold_slots_of,
    let_go_in_drafts,
    let_go_of_posts,
    let_go_of_versions,
    remove_drafts,
)
from forum.community.models.kept_drafts import KeptDraft
from forum.community.models.threads import (
    Audience,
    Post,
    PostState,
    PostVersion,
    SubmissionKey,
    Topic,
    TopicState,
)
from forum.community.pictures import drop_of_drafts, drop_of_posts
from forum.community.subjects import hold_topics
from forum.database.rows import rows_changed
from forum.errors import Conflict
from forum.events import PostDeleted, PostsErased, emit
from forum.permissions.actor import MemberId
from forum.text.translate import gettext as _

# There is nothing left in these, or it stands elsewhere.
OVER = (TopicState.DELETED, TopicState.MERGED)


def can_be_kept() -> ColumnElement[bool]:
    """Say which posts may stay under "former member" when their author leaves: those that readers can see.

    What moderators took out of sight goes in any case, and so does what was written to moderators alone.
    """
    stands_in = aliased(Topic)
    return and_(
        Post.state == PostState.PUBLISHED,
        exists().where(
            stands_in.id == Post.topic_id,
            stands_in.state == TopicState.PUBLISHED,
            stands_in.audience != Audience.MODERATORS_AND_AUTHOR,
        ),
    )


def others_answered() -> ColumnElement[bool]:
    """Say in which topics somebody else's words stand, shown or not; the line of an answer that was moved is none."""
    return exists().where(
        and_(
            Post.topic_id == Topic.id,
            Post.number > 1,
            Post.by_topic_author.is_(False),
            Post.state.not_in([PostState.DELETED, PostState.MOVED]),
        )
    )


def take_back_post(session: Session, post_id: int) -> None:
    """Take back one post: its words and their versions go, and with post 1 the title. The caller holds its topic.

    A topic in which nobody else answered goes whole with its first post. Doing it twice changes nothing.

    Emits: PostDeleted (for each post whose words go)
    """
    post = session.get_one(Post, post_id)
    topic = session.get_one(Topic, post.topic_id)
    post.state = PostState.DELETED
    post.markdown = post.html = ""
    post.edited_at = None
    session.flush()
    _let_go(session, Post.id == post.id)
    session.execute(delete(PostVersion).where(PostVersion.post_id == post.id))
    cleared = [post.id]
    if post.number == 1:
        topic.title = topic.slug = topic.content_note = ""
        session.flush()
        cleared += take_back_unanswered(session, Topic.id == topic.id)
    for number in cleared:
        emit(session, PostDeleted(topic_id=topic.id, category_id=topic.category_id, post_id=number))


def take_back_unanswered(session: Session, topics: ColumnElement[bool]) -> Sequence[int]:
    """Of these topics, let those go whole in which nobody else answered: its author's own replies, and lines.

    Return which of their posts had words.

    Queries: 1, and 13 where there are some (more where they have pictures, or drafts quote them)
    """
    ids = session.scalars(select(Topic.id).where(topics, Topic.state.not_in(OVER), ~others_answered())).all()
    if not ids:
        return ()
    with_words = Post.state.not_in([PostState.DELETED, PostState.MOVED])
    cleared = session.scalars(
        select(Post.id).where(Post.topic_id.in_(ids), with_words).order_by(Post.id)
    ).all()
    rows_changed(session, update(Topic).where(Topic.id.in_(ids)).values(state=TopicState.DELETED))
    rows_changed(
        session,
        update(Post)
        .where(Post.topic_id.in_(ids))
        .values(state=PostState.DELETED, moved_to_id=None, markdown="", html="", edited_at=None),
    )
    _let_go(session, Post.topic_id.in_(ids))
    rows_changed(
        session,
        delete(PostVersion).where(PostVersion.post_id.in_(select(Post.id).where(Post.topic_id.in_(ids)))),
    )
    return cleared


def erase_words_of(session: Session, member_id: MemberId, stay: ColumnElement[bool] | None = None) -> None:
    """Take back everything a member wrote, as they could have post by post, and take their name off it.

    Whatever became of it counts: held, hidden, removed. Titles of theirs go; a topic in which nobody else answered goes
    whole. Copies in reports are not touched: they end by themselves.

    ``stay`` says which of their posts keep their words, without a name, as far as ``can_be_kept`` allows it; a topic
    whose first post stays keeps its title. Pictures stay or go with their post; earlier versions, and the pictures of
    drafts, go in any case.

    Emits: PostsErased (for each topic)
    Raises: Conflict (moderators put their posts into another topic at this moment)
    Queries: 20 to 34, and 1 for each topic (more for pictures and for drafts that quote them)
    """
    theirs = Post.author_id == member_id
    goes = and_(theirs, not_(and_(false() if stay is None else stay, can_be_kept())))
    found = session.scalars(_topics_of(member_id)).all()
    hold_topics(session, found)
    rows = session.execute(
        select(Topic.id, Topic.category_id).where(Topic.id.in_(_topics_of(member_id)))
    ).all()
    if not {row.id for row in rows} <= set(found):
        # To hold those now would break the order in which topics are taken.
        raise Conflict(_("Posts were moved to another topic at this very moment."))
    rows_changed(
        session,
        update(Post).where(goes).values(state=PostState.DELETED, markdown="", html="", edited_at=None),
    )
    hold_slots_of(session, member_id)
    let_go_of_posts(session, goes)
    drop_of_posts(session, goes)
    let_go_in_drafts(session, theirs, member_id)
    drop_of_drafts(session, KeptDraft.member_id == member_id)
    let_go_of_versions(session, theirs)
    rows_changed(session, delete(PostVersion).where(PostVersion.post_id.in_(select(Post.id).where(theirs))))
    begun = or_(
        Topic.author_id == member_id, exists().where(Post.topic_id == Topic.id, Post.number == 1, theirs)
    )
    untitled = and_(begun, ~_has_kept(member_id, as_opening=True))
    rows_changed(session, update(Topic).where(untitled).values(title="", slug="", content_note=""))
    take_back_unanswered(session, and_(begun, ~_has_kept(member_id)))
    rows_changed(session, delete(SubmissionKey).where(SubmissionKey.member_id == member_id))
    rows_changed(session, update(Topic).where(Topic.author_id == member_id).values(author_id=None))
    rows_changed(session, update(Post).where(theirs).values(author_id=None))
    for row in rows:
        emit(session, PostsErased(topic_id=row.id, category_id=row.category_id))


def _let_go(session: Session, posts: ColumnElement[bool]) -> None:
    """Let everything go that shows the words of posts, or was to become theirs: quotes, pictures, drafts of new text.

    Queries: 8, and more for pictures and for drafts
    """
    let_go_of_posts(session, posts)
    drop_of_posts(session, posts)
    let_go_in_drafts(session, posts)
    remove_drafts(session, KeptDraft.post_id.in_(select(Post.id).where(posts)))


def _topics_of(member_id: MemberId) -> Select[int]:
    """Return the topics that a member began or wrote in, in the order in which everybody takes them."""
    wrote_in = select(Post.topic_id).where(Post.author_id == member_id)
    return (
        select(Topic.id).where(or_(Topic.author_id == member_id, Topic.id.in_(wrote_in))).order_by(Topic.id)
    )


def _has_kept(member_id: MemberId, *, as_opening: bool = False) -> ColumnElement[bool]:
    """Say in which topics words of theirs stay, or only where the first post is among them."""
    kept = aliased(Post)
    which = [kept.topic_id == Topic.id, kept.author_id == member_id, kept.state != PostState.DELETED]
    return exists().where(*which, *([kept.number == 1] if as_opening else []))
