"""From whatever somebody sent to pixels on a new canvas: a WebP picture that holds nothing else.

What a file is, is found by decoding it; its name and what the browser says of it are never looked at. Only its pixels
go on: turned as the camera says, in the colours of the web, at most 2,048 on a side. Where and with what it was taken,
who made it, earlier versions in small, and whatever somebody hung behind it stay behind.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO

from PIL import Image, ImageCms
from PIL.Image import Resampling, Transpose

from forum.errors import Unavailable
from forum.text.translate import gettext as _
from forum.turns import Turns

LARGEST_FILE = 8 * 1024 * 1024
# Of a JPEG, which is what phones and cameras make of up to 50 million pixels: it is decoded at a part of its size.
MOST_PIXELS = 50_000_000
# Of anything else, all of which has to be decoded: more than any screen shows, and a second of work.
MOST_PIXELS_OF_OTHERS = 20_000_000
LONGEST_SIDE = 2048
QUALITY = 82
# How long somebody waits until what others sent is decoded, and when they should come again instead, in seconds.
TURN_TIMEOUT = 2.0
RETRY_AFTER = 10

_FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
# With what such a file begins, also one that holds several pictures.
_JPEG = b"\xff\xd8"
# A JPEG is drawn in passes, about ten of them; each goes over all of it, however few bytes it takes in the file.
_MOST_PASSES = 40
_PASS = re.compile(rb"\xff\xda\x00(?:\x08\x01|\x0a\x02|\x0c\x03|\x0e\x04)")
_ORIENTATION = 0x0112
_TURNS = {
    2: Transpose.FLIP_LEFT_RIGHT,
    3: Transpose.ROTATE_180,
    4: Transpose.FLIP_TOP_BOTTOM,
    5: Transpose.TRANSPOSE,
    6: Transpose.ROTATE_270,
    7: Transpose.TRANSVERSE,
    8: Transpose.ROTATE_90,
}
_OPAQUE = ("R", "G", "B")
_INKS = ("C", "M", "Y", "K")
# What greyscale of sixteen bits comes as.
_DEEP = frozenset({("I",), ("I;16",), ("I;16B",), ("I;16L",), ("I;16N",)})

# The library's own limit, for whatever it opens before we have seen its size.
Image.MAX_IMAGE_PIXELS = MOST_PIXELS
# The largest picture takes almost 400 MB while it is decoded: one at a time in each process.
TURNS = Turns(1)


class Unusable(Exception):
    """It can't be made a picture; ``reason`` is a sentence for whoever sent it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Picture:
    """Pixels, as a WebP file, and their measures."""

    content: bytes = field(repr=False)
    width: int
    height: int


def clean_picture(sent: bytes) -> Picture:
    """Return the picture that is in what somebody sent, drawn anew. Of one that moves, the first frame.

    Raises Unusable for anything else, and Unavailable when others send too many at the same time.
    """
    if not sent:
        raise Unusable(_("Choose a picture first."))
    if len(sent) > LARGEST_FILE:
        raise Unusable(
            _(
                "This file is larger than %(limit)s MB. Send a smaller version of it.",
                limit=LARGEST_FILE // 1024**2,
            )
        )
    with _one_at_a_time():
        canvas = _drawn_anew(sent)
        out = BytesIO()
        canvas.save(out, "WEBP", quality=QUALITY, method=4)
        return Picture(out.getvalue(), canvas.width, canvas.height)


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    if not TURNS.take(TURN_TIMEOUT):
        raise Unavailable(
            _("Many people are sending pictures right now. Wait a moment, and send it again."), RETRY_AFTER
        )
    try:
        yield
    finally:
        TURNS.give_back()


def _drawn_anew(sent: bytes) -> Image.Image:
    most = MOST_PIXELS if sent.startswith(_JPEG) else MOST_PIXELS_OF_OTHERS
    try:
        image = Image.open(BytesIO(sent), formats=_FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise Unusable(_too_many_pixels(most)) from None
    except Exception:  # Whatever the decoders stumble over: it is no picture.
        raise Unusable(
            _("We can't read this as a picture. JPEG, PNG, WebP and GIF work; save it as one of them.")
        ) from None
    if sum(1 for _each in _PASS.finditer(sent)) > _MOST_PASSES:
        raise Unusable(_damaged())
    with image:
        # From the header alone: nothing was decoded yet.
        if image.width * image.height > most:
            raise Unusable(_too_many_pixels(most))
        try:
            return _on_new_canvas(image)
        except Exception:  # What is cut off or damaged fails in as many ways as there are decoders.
            raise Unusable(_damaged()) from None


def _damaged() -> str:
    return _("This picture is damaged, or not all of it arrived. Save it anew, or choose another one.")


def _too_many_pixels(most: int) -> str:
    return _(
        "This picture has more than %(limit)s million pixels. Send a smaller version of it.",
        limit=most // 1_000_000,
    )


def _on_new_canvas(image: Image.Image) -> Image.Image:
    """Decode a picture and draw it on an empty canvas, which has no room for anything but pixels."""
    turn = _TURNS.get(_orientation(image))
    # JPEG can be decoded at a half, a quarter or an eighth of its size, which is all that is needed of a large one.
    image.draft(None, (LONGEST_SIDE, LONGEST_SIDE))
    image.load()
    profile = image.info.get("icc_profile")
    pixels = _in_colours_of_the_web(_in_plain_mode(image, keep_inks=bool(profile)), profile)
    pixels.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Resampling.LANCZOS, reducing_gap=2.0)
    if turn is not None:
        pixels = pixels.transpose(turn)
    if pixels.getbands() == _OPAQUE:
        canvas = Image.new("RGB", pixels.size)
        canvas.paste(pixels)
        return canvas
    canvas = Image.new("RGBA", pixels.size)
    # Colours under what nobody can see through to are pixels that somebody else could find.
    canvas.alpha_composite(pixels)
    return canvas


def _orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(_ORIENTATION, 1))
    except Exception:  # Damaged notes about a picture don't make it a damaged picture.
        return 1


def _in_plain_mode(image: Image.Image, *, keep_inks: bool) -> Image.Image:
    """Return the pixels as red, green and blue, with transparency where there is some; as inks only for a profile."""
    if image.getbands() in _DEEP:
        return image.convert("I").point(lambda value: value * (1 / 256)).convert("L").convert("RGB")
    if image.getbands() == _INKS and keep_inks:
        return image
    if not image.has_transparency_data:
        return image.convert("RGB")
    clear = image.convert("RGBA")
    least, _most = clear.getchannel("A").getextrema()
    return clear.convert("RGB") if least == 255 else clear


def _in_colours_of_the_web(pixels: Image.Image, profile: object) -> Image.Image:
    """Return the pixels in sRGB, as far as their profile can be read and is one for them."""
    if isinstance(profile, bytes) and profile:
        try:
            return _converted(pixels, profile)
        except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
            # Most cameras mean sRGB anyway; a profile for something else, like greys, changes nothing that one sees.
            pass
    return pixels.convert("RGB") if pixels.getbands() == _INKS else pixels


def _converted(pixels: Image.Image, profile: bytes) -> Image.Image:
    theirs = ImageCms.ImageCmsProfile(BytesIO(profile))
    colours = pixels if pixels.getbands() == _INKS else pixels.convert("RGB")
    converted = ImageCms.profileToProfile(colours, theirs, ImageCms.createProfile("sRGB"), outputMode="RGB")
    if converted is None:
        return pixels
    if "A" in pixels.getbands():
        converted.putalpha(pixels.getchannel("A"))
    return converted
