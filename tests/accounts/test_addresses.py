"""Where somebody may be sent after signing in: nowhere but to a page of this site."""

from urllib.parse import quote, urljoin, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forum.accounts.addresses import HOME, LONGEST_ADDRESS, safe_next

OURS = "https://forum.example"


@pytest.mark.proves("A42")
@pytest.mark.parametrize(
    "wanted",
    [
        None,
        "",
        "//e",
        "///e",
        "/\\e",
        "\\\\e",
        "/%09/e",
        "/%5ce",
        "/%5Ce",
        "/%2fe",
        "/%2f%2fe",
        "/%252f%252fe",
        "/%25252fe",
        "https://e",
        "https:e",
        "javascript:alert(1)",
        "e",
        "?next=//e",
        " /topics",
        "/topics\n",
        "/\ttopics",
        "/a\r\nSet-Cookie: x=y",
        "/a\x00b",
        "/a\x7fb",
        "/a\u0085b",
        "/a\u2028b",
        "/a//b",
        "/.//e",
        "/..//e",
        "/%2e%2e/%2fe",
        "/auth",
        "/auth/google/callback?code=x",
        "/AUTH/google/start",
        "/%61uth/google",
        "/x/../auth/google",
        "/log-in",
        "/log-in?next=/topics",
        "/log-out",
        "/join",
        "/join/consent",
        "/" + "a" * LONGEST_ADDRESS,
        "/\ud800",
    ],
)
def test_a_doubtful_address_becomes_the_home_page(wanted: str | None) -> None:
    assert safe_next(wanted) == HOME


@pytest.mark.proves("A42")
@pytest.mark.parametrize(
    "wanted",
    [
        "/",
        "/topics/7/a-hard-week?page=2#post-23",
        "/search?q=a%20b%2Fc",
        "/categories/mind-and-mood",
        "/authors",
        "/topics/new?category=welcome",
    ],
)
def test_a_page_of_ours_stays_what_it_is(wanted: str) -> None:
    assert safe_next(wanted) == wanted


def test_other_letters_are_written_in_ascii() -> None:
    assert safe_next("/members/José") == "/members/" + quote("José")


@pytest.mark.proves("A42")
@given(st.text(alphabet=st.sampled_from("/\\.%25cfe09ae:@?#;\t\n authjoin\u3002\uff0f"), max_size=30))
def test_no_address_leads_away(tail: str) -> None:
    found = safe_next("/" + tail)
    assert found.isascii()
    assert found.startswith("/")
    # As a browser reads it, as written and decoded once by something in between.
    for read in (found, found.replace("\\", "/")):
        parts = urlsplit(urljoin(OURS + "/auth/google/callback", read))
        assert (parts.scheme, parts.netloc) == ("https", "forum.example")
        assert not parts.path.lower().startswith("/auth/")
    assert safe_next(found) == found
