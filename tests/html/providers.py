"""What of a provider could stand in a page: code, a pixel or a host of theirs, or one that is configured."""

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from tests.pages import Element, read_page

# Hosts from which Google and Meta serve code, pictures and counters. Their names as words are no traces.
HOSTS = re.compile(
    r"\b(?:[\w-]+\.)*(?:google|googleapis|googleusercontent|googletagmanager|google-analytics|gstatic|doubleclick"
    r"|facebook|fbcdn|fbsbx|instagram|messenger|meta)\.(?:com|net|org)\b",
    re.IGNORECASE,
)
# How their scripts announce themselves.
CODE = re.compile(r"\b(?:fbq|FB\.init|fbAsyncInit|gapi\.|gtag\(|g_id_onload|fb-root|dataLayer)")
# What a browser fetches, or sends to, without anybody following a link.
LOADS = {
    "script": ("src",),
    "img": ("src", "srcset"),
    "iframe": ("src",),
    "link": ("href",),
    "form": ("action",),
    "button": ("formaction",),
    "input": ("src", "formaction"),
    "source": ("src", "srcset"),
    "video": ("src", "poster"),
    "audio": ("src",),
    "object": ("data",),
    "embed": ("src",),
    "use": ("href",),
    "meta": ("content",),
}


def traces(html: str, own: Iterable[str] = (), here: str = "") -> list[str]:
    """Return what a page holds of a provider, or has loaded from any host but ``here``; ``own`` are further words."""
    page = read_page(html)
    found = [match[0] for match in HOSTS.finditer(html)] + [match[0] for match in CODE.finditer(html)]
    found += [word for word in own if word in html]
    for tag, names in LOADS.items():
        for element in page.all(tag):
            found += [
                f"{tag}: {value}"
                for value in _values(element, names)
                if urlsplit(value).netloc not in ("", here)
            ]
    return found


def unsaid(html: str) -> list[str]:
    """Return the buttons that lead to a provider and before which the page doesn't say what it will learn.

    A button by which a member proves that it is they leads to one that knows already.
    """
    found = []
    for form in read_page(html).all("form"):
        action = form.attributes.get("action", "")
        if not re.fullmatch(r"/auth/\w+/start", action) or form.all("input", name="purpose", value="prove"):
            continue
        before = html[: html.index(f'action="{action}"')]
        if not re.search(r"learns? that you use this site", before):
            found.append(action)
    return found


def _values(element: Element, names: tuple[str, ...]) -> list[str]:
    return [element.attributes[name] for name in names if element.attributes.get(name)]
