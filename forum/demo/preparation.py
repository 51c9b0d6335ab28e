"""Everything the demo needs before anything runs: a folder, two free ports, keys made once, and the environment.

What is missing is said in one sentence, before a process was started.
"""

import json
import os
import secrets
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from cryptography.fernet import Fernet

from config import PREFIX, Mode
from forum.demo import guard
from forum.demo.stand_in import FACEBOOK_ISSUER, GOOGLE_ISSUER

LOOPBACK = "127.0.0.1"
# Under this name people find the forum: no browser makes a passkey for an address of numbers.
NAME = "localhost"
DEFAULT_PORT = 8000
DEFAULT_FOLDER = "data"
# How many ports beside the forum's are tried for the provider.
PORTS_TRIED = 20
CLIENT_ID = "alongside-demo"

# Where the forum takes Facebook's own calls.
DEAUTHORIZE_PATH = "/auth/facebook/deauthorize"
DELETION_PATH = "/auth/facebook/deletion"
# And where it takes Google's security events.
EVENTS_PATH = "/auth/google/events"


class CannotStart(Exception):
    """The demo can't start; the message is one sentence for whoever started it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A demo that may start: its addresses, and the environment of its processes."""

    base_url: str
    port: int
    provider_port: int
    data_folder: Path
    clients_file: Path
    environ: Mapping[str, str]


def prepare(environ: Mapping[str, str]) -> Prepared:
    """Check the ports and the folder, make the keys that aren't there yet, and say how to run.

    Takes ``PORT`` (8000), ``DATA`` (``data``) and ``PROVIDER_PORT`` (the next free one). Settings of the forum that
    are in the environment already and that the demo needn't decide (the database's address, say) are kept.

    Raises CannotStart, and StandInRefused for settings under which the stand-in must not run.
    """
    port = _port(environ, "PORT", DEFAULT_PORT)
    base_url = f"http://{NAME}:{port}"
    ours = {
        f"{PREFIX}STAND_IN": "yes",
        f"{PREFIX}MODE": Mode.DEMO.value,
        f"{PREFIX}BIND": LOOPBACK,
        f"{PREFIX}BASE_URL": base_url,
    }
    # Where the environment says otherwise it is meant for a real forum, which is not talked over.
    guard.check(guard.Surroundings.from_environ({**ours, **environ}))
    if not _is_free(port):
        raise CannotStart(
            f"Port {port} is used by another program: stop that one, or choose another port with PORT=8080."
        )
    provider_port = _provider_port(environ, port)
    folder = _writable(Path(environ.get("DATA") or DEFAULT_FOLDER).expanduser().resolve())
    keys = _private_folder(folder / "keys")
    client = {
        "client_id": CLIENT_ID,
        "client_secret": _kept(keys / "provider-secret", lambda: secrets.token_urlsafe(32)),
        "redirect_uris": [f"{base_url}/auth/{provider}/callback" for provider in ("google", "facebook")],
        "deauthorize_url": base_url + DEAUTHORIZE_PATH,
        "deletion_url": base_url + DELETION_PATH,
        "events_url": base_url + EVENTS_PATH,
    }
    # The addresses in it follow the port, so this file is written anew each time.
    clients_file = keys / "provider-clients.json"
    _write_private(clients_file, json.dumps([client]))
    return Prepared(
        base_url=base_url,
        port=port,
        provider_port=provider_port,
        data_folder=folder,
        clients_file=clients_file,
        environ={
            # They come with an extra, which whoever only tries the forum out need not have.
            f"{PREFIX}PASSKEYS": "yes" if find_spec("webauthn") else "no",
            **environ,
            **_provider_settings(provider_port, str(client["client_secret"])),
            f"{PREFIX}TRUSTED_HOSTS": f"{LOOPBACK}:{port},{NAME}:{port}",
            f"{PREFIX}PORT": str(port),
            f"{PREFIX}DATA_FOLDER": str(folder),
            f"{PREFIX}SESSION_KEYS": _kept(keys / "session-key", lambda: secrets.token_urlsafe(48)),
            f"{PREFIX}COOKIE_KEYS": _kept(keys / "cookie-key", lambda: Fernet.generate_key().decode()),
            f"{PREFIX}LEDGER_KEYS": _kept(keys / "ledger-key", lambda: secrets.token_urlsafe(48)),
            f"{PREFIX}BAN_KEYS": _kept(keys / "ban-key", lambda: secrets.token_urlsafe(48)),
            f"{PREFIX}OPERATOR_NAME": "The demo's operator",
            f"{PREFIX}OPERATOR_ADDRESS": "1 Example Street, Exampleton",
            f"{PREFIX}OPERATOR_CONTACT": "care@forum.invalid",
            f"{PREFIX}OPERATOR_COUNTRY": "IE",
            **ours,
        },
    )


def _provider_settings(port: int, secret: str) -> dict[str, str]:
    """Return the settings that point the forum's two providers at the stand-in."""
    base = f"http://{LOOPBACK}:{port}"
    facebook = f"{base}/facebook/{CLIENT_ID}"
    return {
        f"{PREFIX}GOOGLE_CLIENT_ID": CLIENT_ID,
        f"{PREFIX}GOOGLE_CLIENT_SECRET": secret,
        f"{PREFIX}GOOGLE_ISSUER": GOOGLE_ISSUER,
        f"{PREFIX}GOOGLE_METADATA_URL": f"{base}/google/{CLIENT_ID}/.well-known/openid-configuration",
        f"{PREFIX}GOOGLE_SECURITY_EVENTS_URL": f"{base}/google/{CLIENT_ID}/.well-known/risc-configuration",
        f"{PREFIX}FACEBOOK_CLIENT_ID": CLIENT_ID,
        f"{PREFIX}FACEBOOK_CLIENT_SECRET": secret,
        f"{PREFIX}FACEBOOK_ISSUER": FACEBOOK_ISSUER,
        f"{PREFIX}FACEBOOK_AUTHORIZE_URL": f"{facebook}/dialog/oauth",
        f"{PREFIX}FACEBOOK_TOKEN_URL": f"{facebook}/oauth/access_token",
        f"{PREFIX}FACEBOOK_PROFILE_URL": f"{facebook}/me",
        f"{PREFIX}FACEBOOK_DEBUG_TOKEN_URL": f"{facebook}/debug_token",
    }


def _port(environ: Mapping[str, str], name: str, default: int) -> int:
    value = environ.get(name) or str(default)
    if not (value.isascii() and value.isdigit() and 0 < int(value) < 65536):
        raise CannotStart(f"{name} must be a port number between 1 and 65535.")
    return int(value)


def _provider_port(environ: Mapping[str, str], port: int) -> int:
    if environ.get("PROVIDER_PORT"):
        wanted = _port(environ, "PROVIDER_PORT", port)
        if wanted == port or not _is_free(wanted):
            raise CannotStart(f"Port {wanted} for the stand-in provider is used already: choose another one.")
        return wanted
    for candidate in range(port + 1, min(port + PORTS_TRIED, 65535) + 1):
        if _is_free(candidate):
            return candidate
    raise CannotStart(
        f"No port above {port} is free for the stand-in provider: choose one with PROVIDER_PORT."
    )


def _is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # A server that has just stopped leaves connections behind that don't matter to the next one.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def _writable(folder: Path) -> Path:
    probe = folder / f".writable-{os.getpid()}"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        probe.touch()
        probe.unlink()
    except OSError:
        raise CannotStart(
            f"The folder {folder} can't be written to: choose another one with DATA=/path/to/folder."
        ) from None
    return folder


def _private_folder(folder: Path) -> Path:
    folder.mkdir(mode=0o700, exist_ok=True)
    folder.chmod(0o700)
    return folder


def _kept(file: Path, make: Callable[[], str]) -> str:
    """Return the key in a file, making it when there is none yet."""
    if not file.exists():
        _write_private(file, make())
    return file.read_text().strip()


def _write_private(file: Path, text: str) -> None:
    """Write a file that only its owner may read, and never half of it."""
    half = file.with_name(f"{file.name}.new")
    half.unlink(missing_ok=True)
    descriptor = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as opened:
        opened.write(text)
    half.replace(file)
