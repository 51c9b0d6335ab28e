"""Who moderates which category. The role itself is given by accounts; this says where it counts."""

from collections.abc import Collection

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from forum.community.models import Category, CategoryModerator
from forum.errors import NotFound
from forum.permissions.actor import MemberId
from forum.text.translate import gettext as _


def answer_for_categories(session: Session, member_id: MemberId, slugs: Collection[str]) -> None:
    """Let the member moderate exactly these categories, from their next request on.

    It asks for no permission: it is for whoever has the command line. Pages show roles and not who answers for
    which category, so nothing is emitted. Raises NotFound for a category that isn't there.
    """
    rows = session.execute(select(Category.slug, Category.id).where(Category.slug.in_(sorted(slugs))))
    found = {row.slug: row.id for row in rows}
    unknown = sorted(set(slugs) - found.keys())
    if unknown:
        raise NotFound(_("There is no category %(slug)s.", slug=unknown[0]))
    session.execute(delete(CategoryModerator).where(CategoryModerator.member_id == member_id))
    session.add_all(CategoryModerator(category_id=id_, member_id=member_id) for id_ in found.values())
    session.flush()
