"""Where a search stands."""

from urllib.parse import urlencode


def search_address(query: str, **more: str) -> str:
    """Return the address of a search."""
    return f"/search?{urlencode({'q': query, **more})}"
