"""No page of the forum holds anything of a provider, and none leads to one without saying what it will learn."""

from pathlib import Path
from urllib.parse import urlsplit

import pytest

from config import Settings
from tests.accounts.conversations import BOTH
from tests.accounts.signing_in import set_out_again
from tests.every_page import Community
from tests.front_door import Browser, Forum
from tests.html.documents import Document, documents
from tests.html.providers import traces, unsaid

STATIC = Path(__file__).resolve().parents[2] / "forum" / "web" / "static"


@pytest.fixture(scope="module")
def everything(community: Community) -> list[Document]:
    """Every document there is."""
    return documents(community)


@pytest.mark.proves("A31")
def test_no_page_holds_code_pixel_or_host_of_a_provider(
    community: Community, everything: list[Document]
) -> None:
    settings: Settings = community.app.extensions["alongside"].settings
    own, here = configured(settings), urlsplit(settings.base_url).netloc
    assert len(everything) > 100
    found = {page.name: held for page in everything if (held := traces(page.html, own, here))}
    assert found == {}


@pytest.mark.proves("A6")
def test_no_page_leads_to_a_provider_without_saying_what_it_will_learn(everything: list[Document]) -> None:
    leading = [page for page in everything if "/start" in page.html]
    assert {"/log-in", "/join"} <= {page.address for page in leading}
    assert {page.name: buttons for page in everything if (buttons := unsaid(page.html))} == {}


@pytest.mark.proves("A31")
def test_no_script_or_style_of_ours_names_a_provider() -> None:
    files = [path for path in STATIC.rglob("*") if path.suffix in (".js", ".css", ".svg")]
    assert len(files) > 3
    assert {path.name: held for path in files if (held := traces(path.read_text()))} == {}


@pytest.mark.proves("A31")
@pytest.mark.proves("A6")
@pytest.mark.parametrize("provider", BOTH)
def test_neither_do_the_pages_on_the_way_to_and_from_it(forum: Forum, provider: str) -> None:
    visitor, member = Browser(forum), Browser(forum)
    pages = {
        "log-in": visitor.get("/log-in"),
        "declined": visitor.sign_in(provider, "says-no"),
        "refused": visitor.get(f"/auth/{provider}/callback?state=made-up&code=x"),
        "consent": visitor.at_consent(provider, "sam"),
    }
    forum.provider.misbehave(token_500=True)
    pages["out of reach"] = visitor.sign_in(provider)
    forum.provider.behave()
    member.join("quiet-river", provider)
    pages["already signed in"] = member.get(forum.provider.choose(set_out_again(member, provider), "sam"))
    pages |= {address: member.get(address) for address in ("/settings", "/settings/sign-in", "/notices")}
    statuses = {name: page.status_code for name, page in pages.items()}
    assert statuses == dict.fromkeys(pages, 200) | {
        "refused": 400,
        "out of reach": 503,
        "already signed in": 409,
    }
    own = [*configured(forum.settings), forum.provider.base_url.removeprefix("http://")]
    assert {name: held for name, page in pages.items() if (held := traces(page.text, own))} == {}
    assert {name: buttons for name, page in pages.items() if (buttons := unsaid(page.text))} == {}


def configured(settings: Settings) -> list[str]:
    """Return what is known of the configured providers and has no place in a page."""
    return [
        word
        for one in settings.providers.values()
        for word in (one.client_id, one.issuer, ".stand-in.invalid")
    ]


# --- the walkers see what they look for ------------------------------------------------------------------


@pytest.mark.parametrize(
    "html",
    [
        '<script src="https://connect.facebook.net/en_US/sdk.js"></script>',
        '<img src="https://www.facebook.com/tr?id=1" alt="">',
        '<link rel="preconnect" href="//accounts.google.com">',
        '<a href="https://accounts.google.com/o/oauth2/v2/auth">Log in</a>',
        '<form action="https://elsewhere.example/x"></form>',
        '<div id="g_id_onload"></div>',
        "<p>test-google</p>",
    ],
)
def test_a_trace_is_seen(html: str) -> None:
    assert traces(html, ["test-google"])


def test_names_of_companies_and_links_elsewhere_are_no_traces() -> None:
    assert not traces('<p>Continue with Google</p><a href="https://www.ema.europa.eu/">A source</a>')


def test_a_button_without_the_sentence_is_seen() -> None:
    button = '<form action="/auth/google/start" method="post"></form>'
    assert unsaid(button) == ["/auth/google/start"]
    assert unsaid(f"{button}<p>It will learn that you use this site</p>") == ["/auth/google/start"]
    assert not unsaid(f"<p>It will learn that you use this site</p>{button}")
