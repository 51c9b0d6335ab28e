"""Where members look after how they log in, and where on this site somebody may be sent after signing in.

What is not plainly a page of ours becomes the home.
"""

import re
from urllib.parse import quote, unquote

HOME = "/"
# Where members look after how they log in.
WAYS_IN = "/settings/sign-in"
LONGEST_ADDRESS = 500

# Going there after signing in would lead in a circle, or into the middle of somebody else's sign-in.
_NOT_AFTER_SIGN_IN = frozenset({"auth", "log-in", "log-out", "join"})
# An address may be encoded over and over; nothing of ours needs more than one layer.
_MOST_LAYERS = 3
# Browsers read a backslash as a slash and leave out tabs and line ends.
_UNWANTED = re.compile(r"[\\\s\x00-\x1f\x7f-\x9f\ud800-\udfff]")


def safe_next(wanted: str | None) -> str:
    r"""Return the wanted path of this site in plain ASCII, or the home page when anything about it is doubtful.

    Doubtful is whatever a browser or a proxy could read as another host (``//e``, ``/\e``, encoded or not), control
    characters, white space, dot segments, and the pages of signing in themselves.
    """
    if not wanted or len(wanted) > LONGEST_ADDRESS or _UNWANTED.search(wanted):
        return HOME
    # What follows the path can't name a host, and may hold any encoded character.
    path = re.split(r"[?#]", wanted, maxsplit=1)[0]
    for _layer in range(_MOST_LAYERS):
        if not _is_plain_path(path):
            return HOME
        decoded = unquote(path, errors="replace")
        if decoded == path:
            break
        path = decoded
    else:
        return HOME
    address = quote(wanted, safe="/?#&=%-._~!$'()*+,;:@")
    return address if len(address) <= LONGEST_ADDRESS else HOME


def _is_plain_path(path: str) -> bool:
    if not path.startswith("/") or "//" in path or _UNWANTED.search(path):
        return False
    segments = path.split("/")[1:]
    return segments[0].lower() not in _NOT_AFTER_SIGN_IN and not {".", ".."} & set(segments)
