"""Every page in a language that nobody speaks: whatever is still English there was forgotten."""

from collections.abc import Iterator

import pytest
from flask import Flask, template_rendered
from flask.testing import FlaskClient

import config
from forum.text.pseudo import ACCENTED, MIRRORED
from forum.web.languages import COOKIE
from tests import every_page
from tests.every_page import NO_PAGES, PAGES, Community, Look
from tests.languages.data import data_of
from tests.languages.spoken import Data, strays
from tests.pages import read_page

# Pages that no GET answers with: each with the test that shows it, or how it comes to be.
NOT_WALKED = {
    "accounts/already_signed_in_page.html": "The provider vouches for somebody else than who is signed in.",
    "accounts/codes_page.html": "Somebody makes recovery codes, which are shown this once.",
    "accounts/declined_page.html": "Somebody says no at the provider.",
    "accounts/not_done_page.html": "Somebody who is signed in goes to a provider, and it comes to nothing.",
    "accounts/out_of_reach_page.html": "The provider doesn't answer.",
    "accounts/passkey_add_page.html": "Somebody adds a passkey, and what was sent can't be taken.",
    "accounts/passkey_refused_page.html": "Somebody brings a passkey that is not known or not theirs.",
    "consent/banned_page.html": "Somebody joins who left while they could not write.",
    "consent/declined_page.html": "Somebody says no at the consent step.",
    "accounts/nobody_new_page.html": "Somebody new comes while nobody is let in.",
    "consent/too_young_page.html": "Somebody says that they are too young.",
    "privacy/leave_farewell_page.html": "Somebody leaves, and is logged out with that.",
    "web/components_page.html": "It is for whoever builds pages, and only the demo has it.",
}


def client_of(community: Community, who: str, language: str) -> FlaskClient:
    """Return somebody's browser, in which this language was chosen."""
    client = community.client(who)
    client.set_cookie(COOKIE, language)
    return client


def walk(community: Community, language: str) -> Iterator[tuple[Look, str]]:
    """Open every page in this language, and give each with its HTML."""
    for look in every_page.every_page(community):
        answer = client_of(community, look.who, language).get(look.address)
        assert answer.status_code == look.status, look
        assert answer.mimetype == "text/html", look
        assert answer.headers["Content-Language"] == language, look
        yield look, answer.text


def test_nothing_on_any_page_is_left_in_english(community: Community) -> None:
    data = data_of(community)
    found: dict[str, str] = {}
    for look, html in walk(community, ACCENTED):
        for stray in strays(html, data):
            found.setdefault(stray, f"{look.address} as {look.who}")
    assert found == {}


def test_every_page_says_that_it_is_written_from_right_to_left(community: Community) -> None:
    for look, html in walk(community, MIRRORED):
        top = read_page(html).one("html")
        assert (top.attributes["lang"], top.attributes["dir"]) == (MIRRORED, "rtl"), look


def test_the_walk_comes_by_every_template(community: Community) -> None:
    seen: set[str] = set()

    def remember(_app: Flask, template: object, **_context: object) -> None:
        seen.add(str(getattr(template, "name", "")))

    with template_rendered.connected_to(remember, community.app):
        for _page in walk(community, ACCENTED):
            pass
    pages = {
        path.relative_to(config.TEMPLATES).as_posix()
        for path in config.TEMPLATES.rglob("*.html")
        if path.name.endswith("_page.html") or path.parent.name == "errors"
    }
    assert pages - seen == set(NOT_WALKED)


# --- the walkers see what they look for ------------------------------------------------------------------


def test_a_route_that_nobody_told_of_is_seen(community: Community, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(PAGES, "/about")
    with pytest.raises(AssertionError, match=r"how these are opened: \['/about'\]"):
        every_page.every_page(community)
    monkeypatch.setitem(NO_PAGES, "/about", "It is a trial.")
    monkeypatch.setitem(NO_PAGES, "/abroad", "It is not there.")
    with pytest.raises(AssertionError, match=r"no more: \['/abroad'\]"):
        every_page.every_page(community)


@pytest.mark.parametrize(
    "html",
    [
        "<p>Hello</p>",
        "<p>⟦Ĥééļļöö⟧ and more</p>",
        "<p>⟦Ĥééļļöö, moderator⟧</p>",
        '<input type="submit" value="Send">',
        '<input placeholder="Find">',
        '<nav aria-label="Main"></nav>',
        '<img alt="A bridge">',
        '<abbr title="Long">⟦Ļ⟧</abbr>',
        "<title>⟦Ĥöö⟧ · Home</title>",
        "<option>All</option>",
        '<meta name="description" content="A place">',
        "<button>Go <svg><path d='M1'/></svg></button>",
        "<p>Junipers</p>",
    ],
)
def test_a_forgotten_text_is_seen(html: str) -> None:
    assert len(strays(html, Data(["Juniper", "Knees and stairs"]))) == 1


@pytest.mark.parametrize(
    "html",
    [
        "<p>⟦Ĥééļļöö, Juniper⟧ · 22</p>",
        "<h1>Knees\n and stairs</h1>",
        "<code>forum site init</code><script>let word</script>",
        '<input type="hidden" value="seven"><input name="title" value="typed by somebody">',
        '<meta name="robots" content="noindex">',
        "<p>⟦Ñûɱƀéŕ⟧ 0123456789abcdef0123456789abcdef</p>",
        "<p>call </p><a>116 123</a>",
    ],
)
def test_what_is_translated_or_data_is_no_stray(html: str) -> None:
    assert strays(html, Data(["Juniper", "Knees and stairs"], pieces_of=["call 116 123"])) == []
