"""Sending letters as the forum does, to a mail server on this machine."""

from forum.consequences import Post
from forum.mail.message import Sender, message_of
from tests.mail.servers import sends_to

SENDER = Sender("Alongside", "letters@forum.example", "https://forum.example")


def post_to(port: int) -> Post:
    """Return what hands letters to this server."""
    return lambda letter, key: sends_to(port).send(message_of(letter, SENDER, key))
