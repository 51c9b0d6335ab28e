"""The allow-lists: what HTML may remain, whatever produced it. Everything that isn't named goes."""

import nh3
from markupsafe import Markup

_POST_TAGS = {
    "p", "br", "em", "strong", "s", "blockquote", "ul", "ol", "li", "a", "code", "pre", "hr",
}  # fmt: skip
_PAGE_TAGS = _POST_TAGS | {
    "h2", "h3", "table", "thead", "tbody", "tr", "th", "td", "span",
}  # fmt: skip

_LINK_RELATION = "nofollow noopener noreferrer ugc"
_SCHEMES = {"https", "http", "mailto"}
# Said, because the library otherwise lets title and lang stand on everything.
_EVERYWHERE: set[str] = set()

_post = nh3.Cleaner(
    tags=_POST_TAGS,
    attributes={"*": _EVERYWHERE, "a": {"href"}, "ol": {"start"}},
    url_schemes=_SCHEMES,
    link_rel=_LINK_RELATION,
)
_page = nh3.Cleaner(
    tags=_PAGE_TAGS,
    attributes={
        "*": _EVERYWHERE,
        "a": {"href"},
        "ol": {"start"},
        "h2": {"id"},
        "h3": {"id"},
        "span": {"data-fact"},
        "li": {"data-fact"},
        "p": {"data-fact"},
    },
    url_schemes=_SCHEMES | {"tel"},
    link_rel="noopener noreferrer",
)


def clean_post(html: str) -> str:
    """Return the HTML with only what a member's text may hold."""
    return _post.clean(html)


def clean_page(html: str) -> str:
    """Return the HTML with only what a page of the community's own may hold."""
    return _page.clean(html)


def cleaned(html: str) -> Markup:
    """Mark HTML as safe to show. Only what this module cleaned, now or when it was stored, may come here."""
    return Markup(html)  # noqa: S704 - the one place where that is said.
