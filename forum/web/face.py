"""Pattern faces: a small quilt drawn from an opaque id, so that nobody needs a photo. Drawing only: which id
stands for whom, and who may see it, is decided elsewhere.
"""

import functools
import hashlib

from markupsafe import Markup

# Seeds that are not members: whoever is gone or not shown, and the community itself.
NOBODY = ""
COMMUNITY = "community"

# Classes of the style sheet, so that a face follows the theme without a colour of its own.
_HUES = ("accent", "warm", "kind", "good", "sun")

# What a patch of 16 by 16 may hold; drawn from its own corner.
_PATCHES = (
    "M{x} {y}h16a16 16 0 0 1-16 16z",
    "M{r} {y}v16a16 16 0 0 1-16-16z",
    "M{r} {b}h-16a16 16 0 0 1 16-16z",
    "M{x} {b}v-16a16 16 0 0 1 16 16z",
    "M{x} {y}a16 16 0 0 1 16 16a16 16 0 0 1-16-16z",
    "M{r} {y}a16 16 0 0 1-16 16a16 16 0 0 1 16-16z",
    "M{x} {m}a8 8 0 0 1 16 0a8 8 0 0 1-16 0z",
    "M{x} {y}h16v8a8 8 0 0 1-16 0z",
)

_FRAME = '<svg class="face" viewBox="0 0 32 32" aria-hidden="true" focusable="false">{}</svg>'
_NOBODY = (
    '<path class="fill-line" d="M0 0h32v32H0z"/>'
    '<path class="fill-ink" d="M16 7a5 5 0 0 1 0 10a5 5 0 0 1 0-10zM6 27a10 8 0 0 1 20 0z"/>'
)
_COMMUNITY = (
    '<path class="fill-accent" d="M0 0h32v32H0z"/>'
    '<path class="fill-accent-soft" d="M8 26V17a6 6 0 0 1 6-6v4a2 2 0 0 0-2 2v9z'
    'M24 26v-6a5 5 0 0 0-5-5v4a1 1 0 0 1 1 1v6zM16 5a2.5 2.5 0 0 1 0 5a2.5 2.5 0 0 1 0-5z"/>'
)


@functools.lru_cache(maxsize=4096)
def draw(seed: str) -> Markup:
    """Return the face of a seed as SVG: the same seed, the same face. About ten million are distinct."""
    if seed == NOBODY:
        inside = _NOBODY
    elif seed == COMMUNITY:
        inside = _COMMUNITY
    else:
        inside = _quilt(hashlib.sha256(seed.encode()).digest())
    return Markup(_FRAME.format(inside))  # noqa: S704 - made of the constants above alone.


def _quilt(digest: bytes) -> str:
    """Return four patches of two hues on a soft ground."""
    hue = digest[0] % len(_HUES)
    other = (hue + 1 + digest[1] % (len(_HUES) - 1)) % len(_HUES)
    ground = (hue, other)[digest[2] % 2]
    paths = {hue: "", other: ""}
    for place in range(4):
        x, y = place % 2 * 16, place // 2 * 16
        patch = _PATCHES[digest[3 + place] % len(_PATCHES)].format(x=x, y=y, r=x + 16, b=y + 16, m=y + 8)
        # Both hues always appear: the first patch has the one, the last the other.
        chosen = (hue, other)[(digest[7] >> place & 1) if 0 < place < 3 else place // 3]
        paths[chosen] += patch
    return f'<path class="fill-{_HUES[ground]}-soft" d="M0 0h32v32H0z"/>' + "".join(
        f'<path class="fill-{_HUES[hue_number]}" d="{path}"/>' for hue_number, path in paths.items()
    )
