"""A letter, and how it becomes an e-mail: plain text that tells a passer-by nothing.

Neither the community's name nor a word of an illness stands in what we add: whoever sees the list of somebody's mail
sees ``Sender.name`` and the subject. What is said is written where it belongs; how it travels stands in ``transports``.
"""

import hashlib
import re
from dataclasses import dataclass, field
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP

from forum import clock

_LONGEST_SUBJECT = 200
# One address and nothing around it, without quotes, which no provider gives.
_ADDRESS = re.compile(r"[^@\s<>()\[\]\\,;:\"]+@[^@\s<>()\[\]\\,;:\"]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What one member is told, in their language. Raises ValueError where it could pass for more than that."""

    # One address, as it stands in our table.
    to: str = field(repr=False)
    subject: str = field(repr=False)
    paragraphs: tuple[str, ...] = field(repr=False)
    # What awaits them behind the link, and where that is on this site.
    link_words: str = field(repr=False)
    link_path: str = field(repr=False)
    locale: str

    def __post_init__(self) -> None:
        for text in (self.to, self.subject, *self.paragraphs, self.link_words, self.link_path, self.locale):
            # A control character begins a new line in some mail program or other, and a new line could begin a header.
            # It is not quoted: an error may be printed where nobody may read what a letter says.
            if not text.isprintable() or not text.strip():
                raise ValueError("A part of a letter is empty, or holds a line break or a control character.")
        # The standard library decodes such a word of RFC 2047, section 2, and writes out the line breaks inside.
        if "=?" in self.to or "=?" in self.subject:
            raise ValueError(
                "A letter's address or subject is encoded already, and could hold a control character."
            )
        if not _ADDRESS.fullmatch(self.to):
            raise ValueError("A letter goes to one address.")
        if len(self.subject) > _LONGEST_SUBJECT:
            raise ValueError("A letter's subject is too long.")
        if not self.link_path.startswith("/") or self.link_path.startswith("//"):
            raise ValueError("A letter's link must be a path on this site.")


@dataclass(frozen=True, slots=True)
class Sender:
    """Who writes: a name that betrays nothing, their address, and where the site is."""

    name: str
    address: str
    base_url: str

    @property
    def domain(self) -> str:
        """Return what stands behind the @ of the address."""
        return self.address.rpartition("@")[2]


def message_of(letter: Letter, sender: Sender, key: str) -> EmailMessage:
    """Return the e-mail; the same ``key`` gives the same Message-ID, so that what is sent twice counts once.

    Raises ValueError for an address that is none, or more than one.
    """
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(sender.name, addr_spec=sender.address)
    message["To"] = Address(addr_spec=letter.to)
    message["Subject"] = letter.subject
    message["Date"] = clock.now()
    message["Message-ID"] = f"<{_digest(sender.base_url, key)}@{sender.domain}>"
    # RFC 3834, section 5: nobody's holiday notice should answer a machine.
    message["Auto-Submitted"] = "auto-generated"
    link = f"{letter.link_words}:\n{sender.base_url}{letter.link_path}"
    message.set_content("\n\n".join((*letter.paragraphs, link)) + "\n", cte="quoted-printable")
    message["Content-Language"] = letter.locale
    return message


def _digest(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:40]
