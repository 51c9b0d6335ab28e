"""What a topic's page tells search engines about itself, in schema.org's words. It claims no more than the page."""

from typing import Any

from forum.community.queries.threads import TopicPage
from forum.text.translate import gettext as _
from forum.web.structured_data import SCHEMA


def discussion(page: TopicPage, base_url: str) -> dict[str, Any] | None:
    """Return a DiscussionForumPosting for the first page of a topic that everybody may find; None for any other.

    Its words name nobody but the author, because search engines keep what they were told.
    """
    if not page.indexable or page.page > 1:
        return None
    url = base_url + page.address
    return {
        "@context": SCHEMA,
        "@type": "DiscussionForumPosting",
        "@id": url,
        "url": url,
        "mainEntityOfPage": url,
        "headline": page.title,
        # Where nothing but a picture was written, the title is what was said.
        "text": page.opening_words or page.title,
        "author": _author(page),
        "datePublished": page.started_at.isoformat(timespec="seconds"),
        "articleSection": page.category_name,
        "isAccessibleForFree": True,
        "commentCount": page.reply_count,
        "interactionStatistic": {
            "@type": "InteractionCounter",
            "interactionType": f"{SCHEMA}/CommentAction",
            "userInteractionCount": page.reply_count,
        },
    }


def _author(page: TopicPage) -> dict[str, str]:
    """Return who began the topic, called as the page calls them; it leads to no profile."""
    if page.author_name is None:
        return {"@type": "Person", "name": _("a former member")}
    # Only what the community says itself has a name and no member.
    return {"@type": "Organization" if page.author_id is None else "Person", "name": page.author_name}
