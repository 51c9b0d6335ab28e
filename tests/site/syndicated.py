"""What the tests of feeds, sitemap and structured data share: the schemas, and what machines are told of a topic."""

import json
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient
from lxml import etree

from forum.community.models.threads import Audience
from forum.database.session import Database
from tests.cast import Someone
from tests.community.conftest import start, topic_draft
from tests.pages import Element, read_page

HERE = Path(__file__).parent
BASE = "http://localhost"
ATOM = "{http://www.w3.org/2005/Atom}"
SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
ROOM = "flares-today"


@cache
def atom_schema() -> etree.RelaxNG:
    """Return the schema of RFC 4287."""
    return etree.RelaxNG(etree.parse(HERE / "atom.rng"))


@cache
def sitemap_schema() -> etree.XMLSchema:
    """Return the schema of sitemaps."""
    return etree.XMLSchema(etree.parse(HERE / "sitemap.xsd"))


def feed_at(client: FlaskClient, address: str) -> etree._Element:
    """Return a feed that must be there, once it was found valid."""
    answer = client.get(address)
    assert answer.status_code == 200, answer.text
    assert answer.content_type == "application/atom+xml; charset=utf-8"
    root = etree.fromstring(answer.data)
    assert atom_schema().validate(root), atom_schema().error_log
    # What the schema can't say: one author for all entries, one link to itself, and each entry once.
    assert len(root.findall(f"{ATOM}author")) == 1
    (itself,) = (link for link in root.findall(f"{ATOM}link") if link.get("rel") == "self")
    assert itself.get("href") == BASE + address == root.findtext(f"{ATOM}id")
    ids = [entry.findtext(f"{ATOM}id") for entry in entries(root)]
    assert len(ids) == len(set(ids))
    assert len(ids) <= 30
    return root


def entries(root: etree._Element) -> list[etree._Element]:
    """Return a feed's entries."""
    found: list[etree._Element] = root.findall(f"{ATOM}entry")
    return found


def said(entry: etree._Element, name: str) -> str:
    """Return what an entry says under a name, "" where it says nothing."""
    return str(entry.findtext(f"{ATOM}{name}") or "")


def titles(root: etree._Element) -> list[str]:
    """Return the titles of a feed's entries."""
    return [said(entry, "title") for entry in entries(root)]


def map_at(client: FlaskClient, address: str) -> list[tuple[str, str]]:
    """Return what a valid part of the sitemap names: addresses, each with when it changed."""
    answer = client.get(address)
    assert answer.status_code == 200, answer.text
    assert answer.content_type == "application/xml; charset=utf-8"
    root = etree.fromstring(answer.data)
    assert sitemap_schema().validate(root), sitemap_schema().error_log
    return [(str(one.findtext(f"{SITEMAP}loc")), str(one.findtext(f"{SITEMAP}lastmod"))) for one in root]


def whole_map(client: FlaskClient) -> set[str]:
    """Return every address that the sitemap names in all its parts."""
    parts = [address for address, _changed in map_at(client, "/sitemap.xml")]
    return {loc for part in parts for loc, _changed in map_at(client, part.removeprefix(BASE))}


def data_on(page: Element) -> dict[str, dict[str, Any]]:
    """Return what a page tells search engines in schema.org's words, by its types."""
    blocks = [json.loads(block.raw) for block in page.all("script", type="application/ld+json")]
    assert all(block["@context"] == "https://schema.org" for block in blocks)
    return {block["@type"]: block for block in blocks}


def shared_on(page: Element) -> dict[str, str]:
    """Return a page's OpenGraph."""
    return {
        meta.attributes["property"]: meta.attributes["content"]
        for meta in page.all("meta")
        if "property" in meta.attributes
    }


def page_at(client: FlaskClient, address: str) -> Element:
    """Return a page that must be there, wherever it stands now."""
    answer = client.get(address, follow_redirects=True)
    assert answer.status_code == 200, answer.text
    return read_page(answer.text)


def told(client: FlaskClient, topic_id: int, words: str) -> dict[str, bool]:
    """Return where a machine gets to know a topic in whose title and first post these words stand."""
    page = client.get(f"/topics/{topic_id}", follow_redirects=True)
    head = page.text.partition("</head>")[0] if page.status_code == 200 else ""
    feed = client.get(f"/feeds/topics/{topic_id}.atom")
    assert (feed.status_code == 200) == (words in feed.text)
    return {
        "latest": words in client.get("/feeds/latest.atom").text,
        "category": words in client.get(f"/feeds/categories/{ROOM}.atom").text,
        "topic": feed.status_code == 200,
        "sitemap": any(f"/topics/{topic_id}/" in address for address in whole_map(client)),
        "structured data": "ld+json" in head and words in head,
        "shared": "og:url" in head or "canonical" in head,
        "announced": "/feeds/" in page.text,
        "kept": page.status_code == 200 and 'content="noindex"' not in head,
    }


def begin(
    database: Database, author: Someone, title: str, text: str = "It is bad today.", **changes: Any
) -> int:
    """Begin a topic in the room."""
    audience = changes.pop("audience", Audience.PUBLIC)
    draft = topic_draft(ROOM, text, audience)
    return start(database, author.actor, replace(draft, title=title, **changes))
