"""Where files lie: a folder that nobody else looks into, or a bucket that is asked over HTTP; and what goes wrong."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from forum.errors import Unavailable
from forum.images.store import Bucket, Folder, Store, is_name, new_name

# What S3 calls version 4 of its signatures; what it is made of is the library's to know.
_SIGNED = re.compile(
    r"AWS4-HMAC-SHA256 Credential=the-key-id/\d{8}/here-1/s3/aws4_request, .*Signature=[0-9a-f]{64}"
)


class StandInBucket:
    """Speaks as much of S3 as pictures need: objects are put, fetched and deleted by whoever signs with the key.

    A whole one exists as a package, which brings the client library of a cloud and a hundred services along.
    """

    def __init__(self) -> None:
        self.objects: dict[str, tuple[str, bytes]] = {}
        self.asked: list[tuple[str, str]] = []
        self.fails = False
        # What the key may not.
        self.refuses = ""

    def __call__(self, request: Request) -> Response:
        """Answer as S3 does."""
        self.asked.append((request.method, request.path))
        if self.fails:
            return Response("<Error><Code>InternalError</Code></Error>", 500)
        signed = _SIGNED.fullmatch(request.headers.get("Authorization", ""))
        if not signed or request.method == self.refuses:
            return Response("<Error><Code>AccessDenied</Code></Error>", 403)
        if request.method == "PUT":
            self.objects[request.path] = (request.content_type or "", request.get_data())
            return Response("", headers={"ETag": '"1"'})
        if request.method == "POST" and request.query_string == b"delete":
            keys = re.findall("<Key>(.*?)</Key>", request.get_data(as_text=True))
            for key in keys:
                self.objects.pop(f"{request.path}/{key}", None)
            deleted = "".join(f"<Deleted><Key>{key}</Key></Deleted>" for key in keys)
            return Response(f"<DeleteResult>{deleted}</DeleteResult>", content_type="application/xml")
        if request.path not in self.objects:
            return Response("<Error><Code>NoSuchKey</Code></Error>", 404)
        headers = {"ETag": '"1"', "Last-Modified": "Mon, 02 Nov 2026 10:00:00 GMT"}
        return Response(self.objects[request.path][1], headers=headers)


@pytest.fixture
def stand_in(httpserver: HTTPServer) -> Iterator[StandInBucket]:
    """A bucket that is served on this machine."""
    made = StandInBucket()
    httpserver.expect_request(re.compile("/.*")).respond_with_handler(made)
    yield made
    httpserver.check_handler_errors()


def bucket_at(server: HTTPServer, key_id: str = "the-key-id") -> Bucket:
    return Bucket(server.url_for("").rstrip("/"), "pictures-of-ours", "here-1", key_id, "the-secret")


def use(store: Store) -> None:
    """Store, fetch and remove a file; what isn't there is no fault."""
    name, other = new_name(), new_name()
    assert is_name(name)
    assert store.read(name) is None
    store.write(name, b"pixels")
    store.write(other, b"other pixels")
    assert (store.read(name), store.read(other)) == (b"pixels", b"other pixels")
    store.remove(name)
    store.remove(name)
    assert (store.read(name), store.read(other)) == (None, b"other pixels")
    for wrong in ("", "..", "../secret", f"{name}/", f"{name}.webp", name.upper(), "0" * 31, f"{name}\n"):
        with pytest.raises(ValueError, match="not the name of a picture"):
            store.read(wrong)


def test_a_folder_keeps_files_for_its_owner_alone(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "images")
    assert folder.names() == ()
    use(folder)
    (kept,) = folder.names()
    (file,) = folder.path.iterdir()
    assert file.name == f"{kept}.webp"
    assert (folder.path.stat().st_mode & 0o777, file.stat().st_mode & 0o777) == (0o700, 0o600)


def test_a_folder_gives_plain_files_of_its_own_and_nothing_else(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "images")
    folder.write(name := new_name(), b"pixels")
    file = folder.path / f"{name}.webp"
    file.unlink()
    (tmp_path / "secret").write_bytes(b"secret")
    file.symlink_to(tmp_path / "secret")
    with pytest.raises(Unavailable):
        folder.read(name)
    # What a process that was killed was writing is found, and goes with the rest.
    (folder.path / f"{new_name()}.webp.part").write_bytes(b"half")
    (folder.path / "notes.txt").write_bytes(b"not ours")
    assert len(folder.names()) == 2
    for one in folder.names():
        folder.remove(one)
    assert [one.name for one in folder.path.iterdir()] == ["notes.txt"]


def test_a_bucket_is_asked_with_a_signature(httpserver: HTTPServer, stand_in: StandInBucket) -> None:
    use(bucket_at(httpserver))
    ((path, (kind, content)),) = stand_in.objects.items()
    assert re.fullmatch(r"/pictures-of-ours/[0-9a-f]{32}\.webp", path)
    assert (kind, content) == ("image/webp", b"other pixels")
    assert {method for method, _path in stand_in.asked} == {"GET", "PUT", "POST"}
    assert "the-secret" not in repr(bucket_at(httpserver))


def test_what_goes_wrong_at_a_bucket_is_one_sentence(httpserver: HTTPServer, stand_in: StandInBucket) -> None:
    stranger = bucket_at(httpserver, key_id="another-key-id")
    with pytest.raises(Unavailable, match="can't be reached right now"):
        stranger.read(new_name())
    with pytest.raises(Unavailable, match="can't be reached right now"):
        stranger.write(new_name(), b"x")
    stand_in.fails = True
    with pytest.raises(Unavailable, match="can't be reached right now"):
        bucket_at(httpserver).remove(new_name())
    nobody = Bucket("http://127.0.0.1:9", "pictures-of-ours", "here-1", "the-key-id", "the-secret")
    with pytest.raises(Unavailable, match="can't be reached right now"):
        nobody.read(new_name())


def test_without_the_extra_a_bucket_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    # What an import finds where the extra is not installed.
    monkeypatch.setitem(sys.modules, "obstore", None)
    with pytest.raises(Unavailable, match="lacks what it needs"):
        Bucket("http://127.0.0.1:9", "pictures-of-ours", "here-1", "the-key-id", "the-secret").read(
            new_name()
        )
