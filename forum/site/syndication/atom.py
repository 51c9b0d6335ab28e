"""From a feed to Atom (RFC 4287). No member is named in one: feed readers keep what they fetched."""

from xml.etree.ElementTree import Element

from forum.site.syndication.feeds import Entry, Feed
from forum.site.syndication.xml import allowed, child, document, moment

NAMESPACE = "http://www.w3.org/2005/Atom"
MEDIA_TYPE = "application/atom+xml"


def written(feed: Feed, base_url: str, site_name: str, locale: str) -> bytes:
    """Return the feed as a document. Its author is the community, and so is that of each entry."""
    root = Element("feed", {"xmlns": NAMESPACE, "xml:lang": allowed(locale)})
    child(root, "id", base_url + feed.address)
    child(root, "title", f"{feed.title} · {site_name}" if feed.title else site_name)
    child(root, "updated", moment(feed.updated))
    child(root, "link", rel="self", type=MEDIA_TYPE, href=base_url + feed.address)
    child(root, "link", rel="alternate", type="text/html", href=base_url + feed.page)
    author = child(root, "author")
    child(author, "name", site_name)
    child(author, "uri", f"{base_url}/")
    for entry in feed.entries:
        _add(root, entry, base_url)
    return document(root)


def _add(root: Element, entry: Entry, base_url: str) -> None:
    made = child(root, "entry")
    # A number stays what it is, whatever a topic is called later.
    child(made, "id", base_url + entry.permalink)
    child(made, "title", entry.title)
    child(made, "published", moment(entry.published))
    child(made, "updated", moment(entry.updated))
    child(made, "link", rel="alternate", type="text/html", href=base_url + entry.address)
    if entry.category:
        child(made, "category", term=entry.category_slug, label=entry.category)
    if entry.summary:
        child(made, "summary", entry.summary, type="text")
