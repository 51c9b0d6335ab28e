"""What the community sets up for everybody: its categories, who answers for them, and topics in its own name."""

from collections.abc import Collection

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from forum.accounts.models import Member
from forum.audit_log.commands import record
from forum.community.audiences import DEFAULTS, LIMITS
from forum.community.models.threads import Audience, Category, CategoryModerator, Intent
from forum.community.opening import new_topic, open_topic
from forum.community.what_is_sent import CategoryDraft
from forum.errors import Invalid, NotFound
from forum.events import CategoryChanged, emit
from forum.permissions.actions import Action
from forum.permissions.actor import Actor, MemberId
from forum.permissions.check import require
from forum.text.markdown import render_page, render_post
from forum.text.translate import DEFAULT_LOCALE
from forum.text.translate import gettext as _


def publish_category(session: Session, actor: Actor, draft: CategoryDraft) -> int:
    """Make or reword a category and return its id. Who may read the topics of one that is there stays as it is.

    Emits: CategoryChanged (unless it already reads so)
    Raises: SignInFirst, Forbidden
    """
    require(actor, Action.CATEGORY_CHANGE)
    category = session.scalar(select(Category).where(Category.slug == draft.slug))
    worded = {
        "name": draft.name,
        "description": draft.description,
        "opening_markdown": draft.opening,
        "help_on_top": draft.help_on_top,
        "position": draft.position,
    }
    if category is None:
        category = Category(
            slug=draft.slug,
            locale=DEFAULT_LOCALE,
            opening_html="",
            default_audience=draft.default_audience,
            widest_audience=draft.widest_audience,
            **worded,
        )
        session.add(category)
    elif all(getattr(category, name) == value for name, value in worded.items()):
        return category.id
    for name, value in worded.items():
        setattr(category, name, value)
    category.opening_html = render_page(draft.opening).html
    session.flush()
    record(session, actor, Action.CATEGORY_CHANGE, category_id=category.id)
    emit(session, CategoryChanged(category_id=category.id))
    return category.id


def set_audiences(
    session: Session, actor: Actor, slug: str, default_audience: Audience | None, widest_audience: Audience
) -> None:
    """Say who may read a category's new topics unless their authors choose, and how many at most can.

    Topics that stand there stay as they are: their authors chose their readers.

    Emits: CategoryChanged (unless it is so already)
    Raises: NotFound, SignInFirst, Forbidden, Invalid (what can't be chosen; no default is above any limit)
    """
    require(actor, Action.CATEGORY_CHANGE)
    category = session.scalar(
        select(Category)
        .where(Category.slug == slug)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if category is None:
        raise NotFound
    if widest_audience not in LIMITS:
        raise Invalid({"widest_audience": _("Choose how many can read a topic at most.")})
    if default_audience is not None and default_audience not in DEFAULTS:
        raise Invalid({"default_audience": _("Choose what is chosen beforehand.")})
    if (category.default_audience, category.widest_audience) == (default_audience, widest_audience):
        return
    category.default_audience, category.widest_audience = default_audience, widest_audience
    session.flush()
    facts = {"default_audience": default_audience, "widest_audience": widest_audience}
    record(session, actor, Action.CATEGORY_CHANGE, category_id=category.id, facts=facts)
    emit(session, CategoryChanged(category_id=category.id))


def open_community_topic(
    session: Session, actor: Actor, category_slug: str, title: str, text: str, intent: Intent, *, pinned: bool
) -> int:
    """Start a topic in the community's own name, for everybody, and return the topic's id.

    Emits: TopicStarted
    Raises: SignInFirst, Forbidden
    """
    require(actor, Action.COMMUNITY_TOPIC_START)
    category_id = session.execute(select(Category.id).where(Category.slug == category_slug)).scalar_one()
    topic = new_topic(category_id, title, intent, author_id=None)
    topic.pinned = int(pinned)
    open_topic(session, topic, render_post(text))
    record(session, actor, Action.COMMUNITY_TOPIC_START, category_id=category_id, topic_id=topic.id)
    return topic.id


def answer_for_categories(
    session: Session, actor: Actor, member_id: MemberId, slugs: Collection[str]
) -> None:
    """Let the member moderate exactly these categories, from their next request on.

    Pages show roles and not who answers for which category, so nothing is emitted.

    Raises: SignInFirst, Forbidden, NotFound (no such category)
    """
    require(actor, Action.ROLE_CHANGE)
    rows = session.execute(select(Category.slug, Category.id).where(Category.slug.in_(sorted(slugs))))
    found = {row.slug: row.id for row in rows}
    unknown = sorted(set(slugs) - found.keys())
    if unknown:
        raise NotFound(_("There is no category %(slug)s.", slug=unknown[0]))
    session.execute(delete(CategoryModerator).where(CategoryModerator.member_id == member_id))
    session.add_all(CategoryModerator(category_id=id_, member_id=member_id) for id_ in found.values())
    session.flush()
    uuid = session.execute(select(Member.uuid).where(Member.id == member_id)).scalar_one()
    for category_id in found.values():
        record(session, actor, Action.ROLE_CHANGE, category_id=category_id, member_uuid=uuid)
