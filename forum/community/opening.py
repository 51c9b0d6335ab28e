"""How a topic comes to be with its first post: a member's, and one in the community's own name."""

from sqlalchemy.orm import Session

from forum import clock
from forum.community.models.threads import Audience, Intent, Post, PostState, Topic, TopicState
from forum.events import TopicStarted, emit
from forum.text.markdown import RenderedText
from forum.text.slugs import slug_of
from forum.text.translate import content_locale


def new_topic(category_id: int, title: str, intent: Intent, author_id: int | None) -> Topic:
    """Return a public topic that is not stored yet; without an author it speaks for the community."""
    moment = clock.now()
    return Topic(
        category_id=category_id,
        author_id=author_id,
        from_community=author_id is None,
        locale=content_locale(),
        title=title,
        slug=slug_of(title),
        intent=intent,
        content_note="",
        audience=Audience.PUBLIC,
        state=TopicState.PUBLISHED,
        pinned=0,
        locked=False,
        started_at=moment,
        last_number=1,
        reply_count=0,
        last_activity_at=moment,
    )


def open_topic(session: Session, topic: Topic, body: RenderedText) -> int:
    """Store a topic with its first post, announce it and return the post's id."""
    session.add(topic)
    session.flush()
    post = Post(
        topic_id=topic.id,
        number=1,
        author_id=topic.author_id,
        from_community=topic.from_community,
        by_topic_author=True,
        # The topic's last activity is its newest post's moment, so they are the same to the microsecond.
        **(published(body) | {"written_at": topic.started_at}),
    )
    session.add(post)
    session.flush()
    emit(session, TopicStarted(topic_id=topic.id, category_id=topic.category_id, post_id=post.id))
    return post.id


def published(body: RenderedText) -> dict[str, object]:
    """Return what a post that is published at this moment begins with."""
    return {
        "state": PostState.PUBLISHED,
        "markdown": body.markdown,
        "html": body.html,
        "renderer_version": body.renderer_version,
        "written_at": clock.now(),
    }
