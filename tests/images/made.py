"""Files for the tests of pictures, made byte by byte: what cameras and editors leave in one, what attackers send."""

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any

from PIL import ExifTags, Image, ImageCms
from PIL.TiffImagePlugin import IFDRational

# What must be found nowhere in what is stored: each stands in one hiding place of its own.
GPS = b"gps-marker-quokka"
CAMERA = b"camera-marker-numbat"
XMP = b"xmp-marker-bilby"
IPTC = b"iptc-marker-dunnart"
COMMENT = b"comment-marker-potoroo"
PROFILE = b"icc-marker-bettong"
TEXT = b"text-marker-quoll"
BEHIND = b"behind-marker-wombat"
MARKERS = (GPS, CAMERA, XMP, IPTC, COMMENT, PROFILE, TEXT, BEHIND)

_SIZE = (64, 48)


def pixels(mode: str = "RGB", size: tuple[int, int] = _SIZE) -> Image.Image:
    """A picture whose upper left is red and whose rest is blue."""
    image = Image.new("RGB", size, (0, 0, 255))
    image.paste((255, 0, 0), (0, 0, size[0] // 2, size[1] // 2))
    return image.convert(mode)


def saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    """The file of a picture."""
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def exif(orientation: int = 1) -> bytes:
    """What a phone notes: where, with what, and which side is up."""
    notes = Image.Exif()
    notes[ExifTags.Base.Orientation] = orientation
    notes[ExifTags.Base.Make] = CAMERA.decode()
    place = notes.get_ifd(ExifTags.IFD.GPSInfo)
    place[ExifTags.GPS.GPSLatitudeRef] = "N"
    place[ExifTags.GPS.GPSLatitude] = (IFDRational(52), IFDRational(31), IFDRational(12))
    place[ExifTags.GPS.GPSAreaInformation] = b"ASCII\x00\x00\x00" + GPS
    return notes.tobytes()


def xmp() -> bytes:
    """A packet of XMP."""
    return b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf>' + XMP + b"</rdf></x:xmpmeta>"


def profile() -> bytes:
    """A colour profile with words in it."""
    made = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return made + b"\x00" * 3 + PROFILE


def segment(code: int, content: bytes) -> bytes:
    """A segment of a JPEG file."""
    return bytes([0xFF, code]) + struct.pack(">H", len(content) + 2) + content


def after_start(jpeg: bytes, *segments: bytes) -> bytes:
    """A JPEG file with further segments at its beginning."""
    return jpeg[:2] + b"".join(segments) + jpeg[2:]


def chunk(kind: bytes, content: bytes) -> bytes:
    """A chunk of a PNG file."""
    check = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", check)


def after_header(png: bytes, *chunks: bytes) -> bytes:
    """A PNG file with further chunks behind its first."""
    return png[:33] + b"".join(chunks) + png[33:]


def png_of_size(width: int, height: int, data: bytes = b"") -> bytes:
    """A PNG file that says of itself that it is so large, whatever it holds."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = [chunk(b"IHDR", header), chunk(b"IDAT", data or zlib.compress(b"")), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def archive() -> bytes:
    """A ZIP file."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        packed.writestr("inside.txt", BEHIND)
    return out.getvalue()


def frames(kind: str) -> bytes:
    """A picture that moves: first as ``pixels``, then green."""
    green = Image.new("RGB", _SIZE, (0, 255, 0))
    return saved(pixels(), kind, save_all=True, append_images=[green, green], duration=50)


def with_notes() -> Iterator[tuple[str, bytes]]:
    """Give good pictures in which everything stands that must not come through, by what they are."""
    page = b"<html><script>alert(1)</script>" + BEHIND + b"</html>"
    jpeg = saved(pixels(), "JPEG", exif=exif(), icc_profile=profile(), xmp=xmp(), comment=COMMENT)
    irb = b"Photoshop 3.0\x008BIM\x04\x04\x00\x00" + struct.pack(">I", len(IPTC) + 5)
    irb += b"\x1c\x02\x78" + struct.pack(">H", len(IPTC)) + IPTC
    # A small version from before somebody cut a part out.
    thumbnail = segment(0xE0, b"JFXX\x00\x10" + saved(pixels(size=(16, 16)), "JPEG", comment=BEHIND))
    yield (
        "jpeg",
        after_start(jpeg, segment(0xED, irb), segment(0xFE, COMMENT), thumbnail, segment(0xEB, TEXT)),
    )
    yield "jpeg and archive", jpeg + archive()
    yield "jpeg and page", jpeg + page
    yield "page within jpeg", after_start(jpeg, segment(0xFE, page))
    png = saved(pixels(), "PNG", exif=exif(), icc_profile=profile())
    words = (
        chunk(b"tEXt", b"Comment\x00" + TEXT),
        chunk(b"zTXt", b"Author\x00\x00" + zlib.compress(TEXT)),
        chunk(b"iTXt", b"XML:com.adobe.xmp\x00\x00\x00\x00\x00" + xmp()),
        chunk(b"quOk", BEHIND),
    )
    yield "png", after_header(png, *words)
    yield "png and archive", png + archive()
    yield "webp", saved(pixels(), "WEBP", exif=exif(), icc_profile=profile(), xmp=xmp())
    yield "webp and page", saved(pixels(), "WEBP", lossless=True) + page
    yield "gif", saved(pixels(), "GIF", comment=COMMENT) + page
    for kind in ("GIF", "WEBP", "PNG"):
        yield f"moving {kind}", frames(kind) + archive()


def no_pictures() -> Iterator[tuple[str, bytes]]:
    """Give what is no picture that we take, by what it is."""
    yield "words", b"Hello, I am a picture."
    yield "page", b"<!doctype html><html><body><script>alert(1)</script></body></html>"
    yield "svg", b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
    yield "svg in xml", b'<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY x "y">]><svg>&x;</svg>'
    yield "archive", archive()
    yield "pdf", b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n"
    yield "tiff", saved(pixels(), "TIFF")
    yield "bmp", saved(pixels(), "BMP")
    yield "ico", saved(pixels(), "ICO")
    yield "postscript", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\nshowpage\n"
    yield "heic", b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + bytes(64)
    yield "only a beginning", b"\xff\xd8\xff"
    yield "png and nothing", b"\x89PNG\r\n\x1a\n"
