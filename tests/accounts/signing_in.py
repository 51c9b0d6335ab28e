"""Looking behind the front door while somebody signs in: the attempts, the stand-in's log, the cookie."""

import base64
import json
import zlib
from typing import Any

from tests.accounts import conversations
from tests.front_door import Browser, Forum, Page

SECRET_TOPIC = "/topics/7/a-word-about-my-health?page=2"


def attempts(forum: Forum) -> int:
    """Return how many sign-ins are under way."""
    return forum.counts()["sign_in_attempt"]


def token_requests(forum: Forum) -> int:
    """Return how often the forum brought a code to the stand-in."""
    return conversations.token_requests(forum.provider)


def cookie_content(browser: Browser) -> dict[str, Any]:
    """Return what the session cookie holds (it is signed, not encrypted)."""
    value = browser.http.cookies["session"] or ""
    packed = value.startswith(".")
    body = value.lstrip(".").split(".")[0]
    plain = base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))
    content: dict[str, Any] = json.loads(zlib.decompress(plain) if packed else plain)
    return content


def set_out_again(browser: Browser, provider: str = "google") -> str:
    """Set out for a provider as somebody who is signed in already, and return the address there."""
    token = Page(browser.get("/policies/terms").text).form("/log-out").values["csrf_token"]
    answer = browser.post(f"/auth/{provider}/start", {"csrf_token": token, "next": "/about"})
    return answer.headers["Location"]
