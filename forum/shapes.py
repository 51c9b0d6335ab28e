"""What names of hosts, addresses, languages and buckets look like; which of them a setting may have is ``config``'s."""

import re
from urllib.parse import urlsplit

# What is well formed; which languages are there is known where the catalogues are.
LANGUAGE_TAG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
# A name, or numbers: no wildcard, no dot in front that would mean everything below it.
_NAME = r"[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?"
_HOST_NAME = rf"{_NAME}(\.{_NAME})*"
HOST = re.compile(rf"{_HOST_NAME}|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*")
HOST_AND_PORT = re.compile(rf"({_HOST_NAME}|\[[0-9A-Fa-f:.]+\])(:[1-9][0-9]{{0,4}})?")
# By whatever name a machine has for itself.
THIS_MACHINE = re.compile(r"(.+\.)?localhost\.?|(127|0)[.0-9]*|::1?|::ffff:127[.0-9]*")
# RFC 5321, section 4.1.2, without quotes and comments.
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_{|}~-]+"
MAIL_ADDRESS = re.compile(rf"{_ATOM}(\.{_ATOM})*@{_HOST_NAME}")
# As Amazon has them, and whoever speaks the same.
S3_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")


def host_of(address: str) -> str:
    """Return host and port of an address as they are written, or "" when they make no sense."""
    try:
        parts = urlsplit(address)
        plain = parts.hostname and parts.username is None and parts.port != 0
    except ValueError:
        return ""
    return parts.netloc if plain else ""
