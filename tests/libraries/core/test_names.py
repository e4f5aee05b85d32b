import pytest

from harness.libraries.core.names import files_named, is_named, library_name, library_stem


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("magic", "magic"),
        ("/usr/lib/libz.so.*", "libz.so"),
        ("libMagickWand*.so.6", "libMagickWand*"),
        ("*/_native.so", "_native.so"),
        ("lib*.so", ""),
        ("abc*", ""),
        ("*", ""),
        ("cairo.dll", ""),
        ("two words", ""),
    ],
)
def test_texts_are_names_of_libraries_or_none(text: str, name: str) -> None:
    assert library_name(text) == name


def test_names_are_those_of_files() -> None:
    assert is_named("libmagic.so.1", "magic")
    assert is_named("libmagic.so.1", "libmagic.so.1")
    assert is_named("libpango-1.0.so.0", "pango-1.0")
    assert is_named("libMagickWand-6.Q16.so.6", "MagickWand*")
    assert not is_named("libmagicwand.so", "magic")
    assert not is_named("libz.so.1", "magic")
    assert not is_named("libz.so.1", "")


def test_a_stem_is_what_a_linker_is_asked_for() -> None:
    assert library_stem("libusb-1.0.so.0") == library_stem("usb-1.0") == "usb-1.0"


def test_files_are_found_by_name_and_by_what_is_known_of_it() -> None:
    files = ["libusb-1.0.so.0", "libusb-1.0.so.0.3.0", "libMagickWand-6.so.6", "libz.so.1"]
    assert files_named(["usb-1.0", "libz.so.1", "MagickWand*", "usb"], files) == {
        "usb-1.0": files[:2],
        "libz.so.1": ["libz.so.1"],
        "MagickWand*": ["libMagickWand-6.so.6"],
    }
