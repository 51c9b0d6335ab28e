"""A wire-tap between the forum and the stand-in: it passes every byte on and remembers what the stand-in said."""

import re
import socket
import threading
from contextlib import suppress
from dataclasses import fields, replace
from typing import Self
from urllib.parse import urlsplit

from config import ProviderSettings

_TOKENS = re.compile(rb'"(?:access_token|id_token)":\s*"([^"]+)"')


class Relay:
    """Listens on a loopback port of its own; use it in a ``with`` statement."""

    def __init__(self, target: str) -> None:
        parts = urlsplit(target)
        assert parts.hostname is not None
        assert parts.port is not None
        self._target = (parts.hostname, parts.port)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._said: list[bytearray] = []

    def __enter__(self) -> Self:
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._listening.close()

    def settings(self, own: ProviderSettings) -> ProviderSettings:
        """Return the settings with every address at the stand-in led through here."""
        there = f"http://{self._target[0]}:{self._target[1]}"
        here = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        led = {
            one.name: getattr(own, one.name).replace(there, here)
            for one in fields(own)
            if one.name.endswith("_url") and getattr(own, one.name)
        }
        return replace(own, **led)

    def tokens(self) -> set[str]:
        """Return every token that passed."""
        return {token.decode() for said in self._said for token in _TOKENS.findall(said)}

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                near, _address = self._listening.accept()
                said = bytearray()
                self._said.append(said)
                self._take(near, said)

    def _take(self, near: socket.socket, said: bytearray) -> None:
        """Lead one connection on to the stand-in; ``said`` takes up what that says."""
        far = socket.create_connection(self._target)
        threading.Thread(target=pass_on, args=(near, far, bytearray()), daemon=True).start()
        threading.Thread(target=pass_on, args=(far, near, said), daemon=True).start()


def pass_on(source: socket.socket, sink: socket.socket, heard: bytearray) -> None:
    """Pass on every byte until the source ends, and keep what was heard."""
    with source, suppress(OSError):
        while piece := source.recv(65536):
            heard += piece
            sink.sendall(piece)
        sink.shutdown(socket.SHUT_WR)
