"""JPEG, TIFF, GIF and WebP: size, metadata, and the first pixel that differs, by Pillow."""

import io
from collections.abc import Iterator
from typing import Any

from PIL import ExifTags, Image

from harness.formats.change import (
    At,
    BeyondBoundError,
    Change,
    Content,
    Kind,
    Place,
    Step,
    Typed,
)
from harness.formats.fields import differing
from harness.formats.guarded import read_by
from harness.formats.nested import parting
from harness.formats.packing import packing, telling
from harness.formats.plain import plain

_LARGEST = 64 << 20
_PIXELS = 32 << 20
_FRAMES = 100
_TIMES = frozenset({"DateTime", "DateTimeOriginal", "DateTimeDigitized", "GPSDateStamp"})
_FORMATS = ("JPEG", "TIFF", "GIF", "WEBP", "MPO")
_SEPARATE = frozenset({"exif"})
"""What is told field by field instead."""


def explain(first: Content, second: Content) -> Iterator[Change]:
    """Yield differing fields, metadata, and pixels by frame, or that only the packing differs.

    Raises:
        ValueError: no such image, too large, or damaged.

    """
    ours, theirs = _opened(first), _opened(second)
    place = (Step(At.PART, f"{ours.format}"),)
    told = yield from telling((*_fields(ours, theirs, place), *_pixels(ours, theirs, place)))
    if not told:
        yield packing(f"{ours.format} compressed data", "pixels", first, second)


def _opened(content: Content) -> Any:
    if len(content) > _LARGEST:
        raise BeyondBoundError(f"an image of more than {_LARGEST} bytes is not read")
    with read_by("Pillow"):
        image = Image.open(io.BytesIO(content[:]), formats=_FORMATS)
    if image.width * image.height > _PIXELS:
        raise BeyondBoundError(f"an image of {image.width} by {image.height} pixels is not read")
    return image


def _fields(first: Any, second: Any, place: Place) -> Iterator[Change]:
    with read_by("Pillow"):
        fields = [_described(image) for image in (first, second)]
        tags = [_tags(image) for image in (first, second)]
    yield from differing(fields[0], fields[1], place)
    yield from differing(tags[0], tags[1], (*place, Step(At.PART, "Exif")))


def _described(image: Any) -> dict[str, object]:
    found: dict[str, object] = {
        "format": image.format,
        "width": image.width,
        "height": image.height,
        "mode": image.mode,
        "frames": getattr(image, "n_frames", 1),
    }
    return found | {
        str(name): value if isinstance(value, bytes) else plain(value)
        for name, value in image.info.items()
        if name not in _SEPARATE
    }


def _tags(image: Any) -> dict[str, object]:
    exif = image.getexif()
    every = {**exif, **exif.get_ifd(ExifTags.IFD.Exif)}
    found: dict[str, object] = {}
    for number, value in every.items():
        name = ExifTags.TAGS.get(number, f"tag {number}")
        said = plain(value)
        found[name] = Typed(Kind.TIME, said) if name in _TIMES else said
    return found


def _pixels(first: Any, second: Any, place: Place) -> Iterator[Change]:
    if (first.size, first.mode) != (second.size, second.mode):
        return
    frames = min(getattr(it, "n_frames", 1) for it in (first, second))
    for number in range(min(frames, _FRAMES)):
        with read_by("Pillow"):
            for image in (first, second):
                image.seek(number)
            ours, theirs = (image.convert("RGBA") for image in (first, second))
            rows = ours.tobytes(), theirs.tobytes()
        at = parting(*((row, 0, len(row)) for row in rows))
        if at is not None:
            frame = (Step(At.PART, "frame"), Step(At.NUMBER, number)) if frames > 1 else ()
            line, pixel = divmod(at // 4, ours.width)
            where = (Step(At.PART, "row"), Step(At.NUMBER, line), Step(At.PIXEL, pixel))
            values = [row[at // 4 * 4 : at // 4 * 4 + 4].hex(" ") for row in rows]
            yield Change(
                kind=Kind.BYTES, place=(*place, *frame, *where), first=values[0], second=values[1]
            )
