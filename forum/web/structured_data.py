"""What pages say of themselves in schema.org's words that several rooms share: where a page stands among the others."""

from collections.abc import Sequence
from typing import Any

SCHEMA = "https://schema.org"


def breadcrumb_list(base_url: str, trail: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """Return the way to a page, from the widest to the page itself: names, each with its address in the forum."""
    return {
        "@context": SCHEMA,
        "@type": "BreadcrumbList",
        "itemListElement": [
            {"@type": "ListItem", "position": position, "name": name, "item": base_url + address}
            for position, (name, address) in enumerate(trail, start=1)
        ],
    }
