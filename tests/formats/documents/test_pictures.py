"""Images against what Pillow writes: metadata, pixels, and packing."""

import io

import pytest
from PIL import Image

from harness.formats.change import BeyondBoundError, Kind
from harness.formats.documents import pictures
from harness.formats.wording import spelled
from tests.formats.optional import picture
from tests.formats.seeds import changed


def exif(**tags: str) -> bytes:
    names = {"DateTime": 0x0132, "Software": 0x0131, "Other": 0xFE00}
    made = Image.Exif()
    for name, value in tags.items():
        made[names[name]] = value
    return made.tobytes()


def frames(*colours: tuple[int, int, int]) -> bytes:
    images = [Image.new("RGB", (2, 2), colour) for colour in colours]
    file = io.BytesIO()
    images[0].save(file, "WEBP", save_all=True, append_images=images[1:], lossless=True)
    return file.getvalue()


def test_names_times_of_exif_as_times() -> None:
    ours, theirs = (
        picture("JPEG", exif=exif(DateTime=f"2026:01:0{day} 00:00:00", Other="x")) for day in (1, 2)
    )
    (change,) = pictures.explain(ours, theirs)
    assert (spelled(change.place), change.kind) == ("JPEG Exif DateTime", Kind.TIME)
    assert change.texts == ("2026:01:01 00:00:00", "2026:01:02 00:00:00")
    other = picture("JPEG", exif=exif(DateTime="2026:01:01 00:00:00", Other="y"))
    assert list(changed("a", ours, other)) == ["JPEG Exif tag 65024"]


def test_names_size_and_metadata() -> None:
    small = io.BytesIO()
    Image.new("RGB", (4, 2)).save(small, "JPEG")
    found = changed("a", picture("JPEG"), small.getvalue())
    assert found["JPEG height"] == ("3", "2")
    found = changed("a", picture("JPEG", dpi=(72, 72)), picture("JPEG", dpi=(300, 300)))
    assert found["JPEG dpi"] == ("[72, 72]", "[300, 300]")


def test_names_the_frame_of_a_pixel() -> None:
    red, green, blue = (255, 0, 0), (0, 255, 0), (0, 0, 255)
    assert changed("a", frames(red, green), frames(red, blue)) == {
        "WEBP frame 1 row 0, pixel 0": ("00 ff 00 ff", "00 00 ff ff")
    }


def test_tells_packing_from_pixels() -> None:
    ours, theirs = (picture("TIFF", compression=way) for way in ("tiff_lzw", "tiff_deflate"))
    assert list(changed("a", ours, theirs)) == ["TIFF compression", "TIFF Exif Compression"] or (
        "TIFF compression" in changed("a", ours, theirs)
    )
    ours = picture("WEBP", lossless=True)
    assert changed("a", ours, ours + b"\0\0") == {
        "WEBP compressed data": (
            f"same pixels in {len(ours)} bytes",
            f"same pixels in {len(ours) + 2} bytes",
        )
    }


def test_damage_and_very_large_images_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    good = picture("GIF")
    with pytest.raises(ValueError, match="Pillow"):
        list(pictures.explain(b"GIF89a", good))
    monkeypatch.setattr(pictures, "_PIXELS", 11)
    with pytest.raises(BeyondBoundError, match="4 by 3 pixels"):
        list(pictures.explain(good, good))
    monkeypatch.setattr(pictures, "_LARGEST", 9)
    with pytest.raises(BeyondBoundError, match="more than 9 bytes"):
        list(pictures.explain(good, good))
