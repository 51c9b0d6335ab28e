"""Whatever is sent, nothing but pixels comes back, or a sentence that says what to do."""

import io
import random
import struct
import zlib
from contextlib import suppress

import pytest
from PIL import Image, ImageCms

from forum.images.decoding import LARGEST_FILE, LONGEST_SIDE, Picture, Unusable, clean_picture
from tests.images import made

_CHUNKS = {b"VP8 ", b"VP8L", b"VP8X", b"ALPH"}


def chunks_of(webp: bytes) -> list[bytes]:
    """The kinds of the chunks of a WebP file; nothing may stand behind them."""
    assert webp[:4] == b"RIFF"
    assert webp[8:12] == b"WEBP"
    assert struct.unpack("<I", webp[4:8])[0] + 8 == len(webp)
    found, place = [], 12
    while place < len(webp):
        found.append(webp[place : place + 4])
        (size,) = struct.unpack("<I", webp[place + 4 : place + 8])
        place += 8 + size + size % 2
    return found


def opened(picture: Picture) -> Image.Image:
    """The picture, decoded again, after a look that its file holds nothing but pixels."""
    assert set(chunks_of(picture.content)) <= _CHUNKS
    image = Image.open(io.BytesIO(picture.content))
    image.load()
    assert (image.format, image.size) == ("WEBP", (picture.width, picture.height))
    assert not {"exif", "xmp", "icc_profile", "comment"} & image.info.keys()
    assert getattr(image, "n_frames", 1) == 1
    return image


def is_near(image: Image.Image, place: tuple[int, int], colour: tuple[int, ...], within: int = 24) -> bool:
    found = image.convert("RGBA" if len(colour) == 4 else "RGB").getpixel(place)
    assert isinstance(found, tuple)
    return all(abs(a - b) <= within for a, b in zip(found, colour, strict=True))


def refusal(sent: bytes) -> str:
    with pytest.raises(Unusable) as refused:
        clean_picture(sent)
    return refused.value.reason


@pytest.mark.proves("W8")
def test_nothing_but_pixels_comes_back() -> None:
    hidden = set()
    for what, sent in made.with_notes():
        hidden |= {marker for marker in made.MARKERS if marker in sent}
        image = opened(picture := clean_picture(sent))
        assert not any(marker in picture.content for marker in made.MARKERS), what
        assert b"script" not in picture.content
        assert is_near(image, (4, 4), (255, 0, 0)), what
        assert is_near(image, (60, 44), (0, 0, 255)), what
    # Each of them was there, so that it can be missed (the profile is packed in a PNG, and plain in the others).
    assert hidden == set(made.MARKERS)


@pytest.mark.proves("W8")
def test_what_is_no_picture_is_refused_with_a_sentence() -> None:
    for what, sent in made.no_pictures():
        assert "can't read this as a picture" in refusal(sent) or "damaged" in refusal(sent), what
    assert refusal(b"") == "Choose a picture first."
    assert "larger than 8 MB" in refusal(bytes(LARGEST_FILE + 1))
    whole = made.saved(made.pixels(size=(400, 300)), "JPEG")
    for cut in (whole[: len(whole) // 2], made.saved(made.pixels(size=(400, 300)), "PNG")[:-40]):
        assert "damaged, or not all of it arrived" in refusal(cut)


@pytest.mark.proves("W8")
def test_bombs_are_known_by_their_header() -> None:
    # There is nothing to decode in them: whoever tried would call them damaged.
    screen = made.saved(made.pixels(), "GIF")
    for sent in (
        made.png_of_size(50_000, 50_000),
        made.png_of_size(5_000, 4_001),
        made.png_of_size(2**31 - 1, 1),
        screen[:6] + struct.pack("<HH", 65535, 65535) + screen[10:],
    ):
        assert "more than 20 million pixels" in refusal(sent)
    # Phones and cameras make more of them, as JPEG, of which no more is decoded than is kept.
    photo = made.saved(made.pixels(), "JPEG")
    size = photo.index(b"\xff\xc0") + 5
    for height, width in ((8_000, 6_300), (65_500, 65_500)):
        sent = photo[:size] + struct.pack(">HH", height, width) + photo[size + 4 :]
        assert "more than 50 million pixels" in refusal(sent)
    assert clean_picture(made.saved(made.pixels(size=(8_160, 6_120)), "JPEG")).width == LONGEST_SIDE
    # A file of kilobytes whose last pass, of a few bytes, is to be drawn over and over.
    drawn = made.saved(made.pixels(size=(400, 300)), "JPEG", progressive=True)
    assert clean_picture(drawn).width == 400
    last_pass, end = drawn.rindex(b"\xff\xda"), drawn.rindex(b"\xff\xd9")
    sent = drawn[:end] + drawn[last_pass:end] * 100 + drawn[end:]
    assert "damaged, or not all of it arrived" in refusal(sent)
    packed = zlib.compress(bytes(80_000_000))
    for bomb in (made.chunk(b"iCCP", b"x\x00\x00" + packed), made.chunk(b"zTXt", b"x\x00\x00" + packed)):
        sent = made.after_header(made.saved(made.pixels(), "PNG"), bomb)
        with suppress(Unusable):
            opened(clean_picture(sent))


def test_it_stands_as_the_camera_says() -> None:
    upright = made.pixels()
    for orientation, corner in {
        1: (0, 0),
        2: (1, 0),
        3: (1, 1),
        4: (0, 1),
        5: (0, 0),
        6: (1, 0),
        8: (0, 1),
    }.items():
        image = opened(clean_picture(made.saved(upright, "JPEG", quality=95, exif=made.exif(orientation))))
        assert image.size == ((48, 64) if orientation >= 5 else (64, 48))
        place = (corner[0] * (image.width - 5) + 2, corner[1] * (image.height - 5) + 2)
        assert is_near(image, place, (255, 0, 0), 40), orientation


def test_large_ones_are_made_smaller_and_small_ones_left() -> None:
    sizes = {
        (6000, 300): (2048, 102),
        (300, 6000): (102, 2048),
        (2049, 2049): (2048, 2048),
        (1, 1): (1, 1),
        (1, 5000): (1, 2048),
    }
    for size, wanted in sizes.items():
        for kind in ("JPEG", "PNG"):
            image = opened(clean_picture(made.saved(made.pixels(size=size), kind)))
            assert image.size == wanted
            assert max(image.size) <= LONGEST_SIDE


def test_every_way_to_store_pixels_is_understood() -> None:
    ways = [(mode, "PNG") for mode in ("1", "L", "LA", "P", "RGB", "RGBA")]
    ways += [("L", "JPEG"), ("CMYK", "JPEG"), ("YCbCr", "JPEG"), ("P", "GIF"), ("L", "GIF"), ("RGBA", "WEBP")]
    for mode, kind in ways:
        image = opened(clean_picture(made.saved(made.pixels(mode), kind)))
        if mode not in ("1", "L", "LA"):
            assert is_near(image, (4, 4), (255, 0, 0), 40), (mode, kind)
    deep = Image.new("I;16", (8, 8), 0x8000)
    assert is_near(opened(clean_picture(made.saved(deep, "PNG"))), (4, 4), (128, 128, 128))


def test_what_is_see_through_stays_so_and_hides_nothing() -> None:
    image = made.pixels("RGBA")
    image.putalpha(Image.new("L", image.size, 128))
    # Fully see-through, with colours of its own underneath.
    image.paste((0, 255, 0, 0), (32, 24, 64, 48))
    for kind in ("PNG", "WEBP"):
        clean = opened(
            clean_picture(
                made.saved(image, kind, **({"exact": True, "lossless": True} if kind == "WEBP" else {}))
            )
        )
        assert clean.mode == "RGBA"
        assert is_near(clean, (4, 4), (255, 0, 0, 128), 40)
        assert is_near(clean, (60, 44), (0, 0, 0, 0))
    indexed = made.pixels("P")
    behind = indexed.getpixel((60, 44))
    clean = opened(clean_picture(made.saved(indexed, "PNG", transparency=behind)))
    assert clean.convert("RGBA").getpixel((60, 44)) == (0, 0, 0, 0)
    assert opened(clean_picture(made.saved(made.pixels("RGBA"), "PNG"))).mode == "RGB"


def test_colours_are_those_of_the_web() -> None:
    wide = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    swapped = made.saved(made.pixels(), "PNG", icc_profile=_with_red_and_blue_swapped())
    assert is_near(opened(clean_picture(swapped)), (4, 4), (0, 0, 255), 40)
    # One that is damaged, or for something else, changes nothing.
    for profile in (wide, b"no profile", made.profile()[:200]):
        for mode, kind in (("RGB", "JPEG"), ("L", "JPEG"), ("CMYK", "JPEG"), ("RGBA", "PNG")):
            opened(clean_picture(made.saved(made.pixels(mode), kind, icc_profile=profile)))


def _with_red_and_blue_swapped() -> bytes:
    """Return sRGB in which what says where red and where blue lies was swapped."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    red, blue = profile.index(b"rXYZ"), profile.index(b"bXYZ")
    profile[red : red + 4], profile[blue : blue + 4] = b"bXYZ", b"rXYZ"
    return bytes(profile)


@pytest.mark.proves("W8")
def test_damaged_files_give_clean_pixels_or_a_refusal() -> None:
    dice = random.Random(20)  # noqa: S311 - the same damage each time.
    whole = [sent for _what, sent in made.with_notes()]
    answers = {True: 0, False: 0}
    for _turn in range(300):
        sent = bytearray(dice.choice(whole))
        for _byte in range(dice.choice((1, 3, 30))):
            sent[dice.randrange(len(sent))] = dice.randrange(256)
        if dice.random() < 0.2:
            del sent[dice.randrange(len(sent)) :]
        try:
            opened(clean_picture(bytes(sent)))
            answers[True] += 1
        except Unusable:
            answers[False] += 1
    assert min(answers.values()) > 20, answers
