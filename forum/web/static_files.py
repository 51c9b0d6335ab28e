"""Static files under names that carry a hash of their content, so that browsers may keep them for ever."""

import hashlib
from pathlib import Path

from flask import Flask, current_app
from whitenoise import WhiteNoise

FOLDER = Path(__file__).parent / "static"
PREFIX = "/static/"


def install(app: Flask, folder: Path = FOLDER) -> None:
    """Hash every file of the folder and serve it ahead of Flask."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    manifest = {path.relative_to(folder).as_posix(): _hashed(path, folder) for path in files}
    app.extensions["static_manifest"] = manifest
    served = WhiteNoise(
        app.wsgi_app,
        # Only our own pages use them.
        allow_all_origins=False,
        immutable_file_test=lambda _path, _url: True,
    )
    for name, hashed in manifest.items():
        served.add_file_to_dictionary(PREFIX + hashed, str(folder / name))
    app.wsgi_app = served  # type: ignore[method-assign]  # The documented way to wrap a Flask application.


def _hashed(path: Path, folder: Path) -> str:
    digest = hashlib.sha256(path.read_bytes()).hexdigest()[:12]
    name = path.relative_to(folder)
    return name.with_name(f"{name.stem}.{digest}{name.suffix}").as_posix()


def asset(name: str) -> str:
    """Return the address of a static file. Raises KeyError for one that isn't there."""
    manifest: dict[str, str] = current_app.extensions["static_manifest"]
    return PREFIX + manifest[name]
