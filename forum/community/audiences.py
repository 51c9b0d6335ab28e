"""Who may read a topic, said in words and held against what a category allows. Nothing here asks the database.

What that means for a reader is ``visibility``'s.
"""

from forum.community.models.threads import SHARED, WIDTH, Audience, is_narrower
from forum.text.translate import gettext as _

# What administrators can choose as the most readers of a category's topics. With fewer, a topic that is moved there
# would be taken from those who answered in it.
LIMITS = SHARED
# What can be chosen beforehand for a new topic. Which condition readers share can only be said by whoever writes.
DEFAULTS = (*SHARED, Audience.MODERATORS_AND_AUTHOR)


def audiences_within(widest: Audience, *, may_share: bool) -> tuple[Audience, ...]:
    """Return who can be chosen to read a new topic, from the most readers to the fewest.

    ``may_share`` says whether its author can choose those with the same condition: nobody can for one not their own.
    """
    return tuple(
        one
        for one in WIDTH
        if not is_narrower(widest, one) and (may_share or one is not Audience.SAME_CONDITION)
    )


def no_wider_than(widest: Audience, audience: Audience) -> Audience:
    """Return the audience, or the widest one where it is wider than that."""
    if not is_narrower(widest, audience):
        return audience
    # Nobody said which condition it would be.
    return Audience.MODERATORS_AND_AUTHOR if widest is Audience.SAME_CONDITION else widest


def too_wide(category_name: str, widest: Audience) -> str:
    """Return why a topic of this category can't have so many readers."""
    return {
        Audience.PUBLIC: _("Choose who may read it."),
        Audience.PUBLIC_UNLISTED: _(
            "Topics in “%(category)s” are kept from search engines. Choose fewer readers, or another room.",
            category=category_name,
        ),
        Audience.MEMBERS: _(
            "Topics in “%(category)s” are for members at most. Choose fewer readers, or another room.",
            category=category_name,
        ),
        Audience.SAME_CONDITION: _(
            "Topics in “%(category)s” are for members with the same condition at most. Choose fewer readers, or"
            " another room.",
            category=category_name,
        ),
        Audience.MODERATORS_AND_AUTHOR: _(
            "Topics in “%(category)s” are for the moderators and their author alone. Choose that, or another room.",
            category=category_name,
        ),
    }[widest]


def readers_label(audience: Audience, condition: str) -> str:
    """Return who may see a topic, in a few words, with the name of the condition that they share."""
    if audience is Audience.SAME_CONDITION and condition:
        return _("Members with the same condition: %(condition)s", condition=condition)
    return audience.label


def readers_explained(audience: Audience, condition: str) -> str:
    """Return one sentence on who may see a topic, for whoever writes in it."""
    if audience is Audience.SAME_CONDITION and condition:
        return _(
            "Only members who say that they live with this can read it: %(condition)s. Nobody checks what they say.",
            condition=condition,
        )
    return audience.explanation
