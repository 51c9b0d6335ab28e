"""Facebook's calls as tests make them, and what a member and the tables know of them afterwards."""

import re
from typing import Any

import requests
from sqlalchemy import select

from forum import clock
from forum.accounts.models import AccountEvent, AccountNotice, Identity
from forum.demo.stand_in.personas import PERSONAS
from tests.front_door import Browser, Forum

ROBIN = PERSONAS["robin"].facebook_subject
DEAUTHORIZE = "/auth/facebook/deauthorize"
DELETION = "/auth/facebook/deletion"


def now() -> int:
    return int(clock.now().timestamp())


def call(forum: Forum, address: str, data: Any, **kwargs: Any) -> requests.Response:
    """Call the forum as a machine does: without a cookie and without a token."""
    return requests.post(forum.base_url + address, data=data, allow_redirects=False, timeout=20, **kwargs)


def signed(forum: Forum, user_id: str = ROBIN, **changes: Any) -> dict[str, str]:
    """Return what Facebook would post about a person now."""
    return {"signed_request": forum.provider.signed_request(user_id, now(), **changes)}


def told(forum: Forum) -> list[tuple[AccountEvent, str]]:
    """Return what members were told about their accounts."""
    with forum.database.reading() as session:
        rows = session.execute(select(AccountNotice.event, AccountNotice.provider).order_by(AccountNotice.id))
        return [(row.event, row.provider) for row in rows]


def signed_in_as(browser: Browser) -> str:
    """Return the name of somebody who has been told something that they have not read yet."""
    return (browser.name() or "").removesuffix("new notice")


def dormant(forum: Forum) -> list[bool]:
    """Return of each identity whether it rests."""
    with forum.database.reading() as session:
        return [since is not None for since in session.scalars(select(Identity.dormant_since))]


def alike(answer: requests.Response) -> tuple[Any, ...]:
    """Return all of an answer that could tell somebody something."""
    varying = {"Date", "X-Request-ID", "X-Request-Id"}
    headers = {name: value for name, value in answer.headers.items() if name not in varying}
    return answer.status_code, headers, re.sub(r"[0-9a-z]{26}", "code", answer.text)
