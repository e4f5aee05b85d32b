from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.errors import IntegrityError, ToolError
from harness.sources import debian
from tests import fakes, mirrors
from tests.locks import deb
from tests.mirrors import ENTRY, PACKAGES, Keys, Mirror, signed_by

_SUITE = "bookworm"


@pytest.fixture(scope="module", name="keys")
def _keys(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Keys]:
    keys = Keys.made(tmp_path_factory.mktemp("keys"))
    yield keys
    keys.forget()


@pytest.fixture(name="mirror")
def _mirror(keys: Keys, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Mirror]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    signed_by(monkeypatch, keys.keyring)
    with fakes.serving() as server:
        mirror = Mirror(server, keys)
        monkeypatch.setenv("HARNESS_DEBIAN_MIRROR", mirror.url)
        mirror.publish(_SUITE)
        yield mirror


def _names() -> list[str]:
    return [one.name for one in debian.candidates(_SUITE, "amd64")]


def _asked(mirror: Mirror) -> list[str]:
    return [path for path, _ in mirror.server.seen]


def test_reads_what_a_suite_offers(mirror: Mirror) -> None:
    mirror.publish(_SUITE, entries=[ENTRY, {**ENTRY, "Package": "dash", "Homepage": "unused"}])
    bash, dash = debian.candidates(_SUITE, "amd64")
    assert (bash.name, bash.version, bash.archive) == ("bash", "5.2-1", _SUITE)
    assert dash.paragraph == {**{k.lower(): v for k, v in ENTRY.items()}, "package": "dash"}


def test_a_description_may_hold_any_character(mirror: Mirror) -> None:
    mirror.publish(_SUITE, entries=[{**ENTRY, "Description": "a\u2028b\x85c\x0cd \ufffd"}])
    assert _names() == ["bash"]


def test_an_index_that_is_known_is_not_asked_for_again(mirror: Mirror) -> None:
    assert _names() == _names() == ["bash"]
    assert _asked(mirror).count(mirror.path(_SUITE, PACKAGES)) == 1


@pytest.mark.parametrize("content", [b"", b"[", b"{}", b"[1]", b'[{"package": "x"}]'])
def test_a_damaged_cache_is_made_anew(mirror: Mirror, tmp_path: Path, content: bytes) -> None:
    _names()
    (cached,) = (tmp_path / "cache/harness/debian").iterdir()
    cached.write_bytes(content)
    assert _names() == ["bash"]
    assert _asked(mirror).count(mirror.path(_SUITE, PACKAGES)) == 2


def test_a_changed_release_is_refused(mirror: Mirror) -> None:
    path = mirror.path(_SUITE, "InRelease")
    mirror.server.files[path] = mirror.server.files[path].replace(b"stable", b"stabel")
    with pytest.raises(IntegrityError, match="the signature does not hold"):
        _names()


def test_a_release_signed_by_a_stranger_is_refused(mirror: Mirror) -> None:
    mirror.publish(_SUITE, signers=["stranger"])
    with pytest.raises(IntegrityError, match="the signature does not hold"):
        _names()


def test_a_second_signature_by_an_unknown_key_does_no_harm(mirror: Mirror) -> None:
    mirror.publish(_SUITE, signers=["stranger", "archive"])
    assert _names() == ["bash"]


@pytest.mark.parametrize("good_first", [True, False])
def test_a_text_beside_the_signed_one_is_refused(mirror: Mirror, *, good_first: bool) -> None:
    path = mirror.path(_SUITE, "InRelease")
    good, other = mirror.server.files[path], mirror.keys.signed("Codename: bookworm", "stranger")
    mirror.server.files[path] = good + other if good_first else other + good
    with pytest.raises(IntegrityError, match="not one signed text"):
        _names()


@pytest.mark.parametrize("content", [b"", b"Codename: bookworm\n", b"\xff\x00\n"])
def test_a_release_without_signature_is_refused(mirror: Mirror, content: bytes) -> None:
    mirror.server.files[mirror.path(_SUITE, "InRelease")] = content
    with pytest.raises(IntegrityError, match="not one signed text"):
        _names()


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"Codename": "trixie"}, "signed, but for another suite"),
        ({"Valid-Until": "Sat, 01 Jan 2000 00:00:00 UTC"}, "expired on Sat, 01 Jan 2000"),
        ({"Valid-Until": "soon"}, "Valid-Until is not a date: 'soon'"),
        ({"Valid-Until": f"Sat, 01 Jan 2028 00:00:{'9' * 20} UTC"}, "Valid-Until is not a date"),
        ({"Valid-Until": f"Sat, 01 Jan 2028 00:00:00 +{'9' * 20}"}, "Valid-Until is not a date"),
        ({"SHA256": ""}, "signs no main/binary-amd64/Packages.xz"),
        ({"SHA256": f"\n {'0' * 64} many {PACKAGES}"}, "signs no main"),
        ({"SHA256": f"\n odd 3 {PACKAGES}"}, "signs no main"),
    ],
)
def test_a_signed_release_that_does_not_serve_is_refused(
    mirror: Mirror, fields: dict[str, str], problem: str
) -> None:
    mirror.publish(_SUITE, fields=fields)
    with pytest.raises(IntegrityError, match=problem):
        _names()


def test_a_release_that_is_still_valid_is_taken(mirror: Mirror) -> None:
    mirror.publish(_SUITE, fields={"Valid-Until": "Sat, 01 Jan 2999 00:00:00 UTC"})
    assert _names() == ["bash"]


@pytest.mark.parametrize("change", ["longer", "shorter", "other"])
def test_an_index_that_was_not_signed_is_refused(
    mirror: Mirror, tmp_path: Path, change: str
) -> None:
    path = mirror.path(_SUITE, PACKAGES)
    index = mirror.server.files[path]
    changed = {"longer": index + b"x", "shorter": index[:-1], "other": bytes(len(index))}
    mirror.server.files[path] = changed[change]
    with pytest.raises(IntegrityError, match="not what the suite's signature says"):
        _names()
    assert not (tmp_path / "cache/harness/debian").exists()


@pytest.mark.parametrize("field", ["Package", "Version", "Filename", "Size", "SHA256"])
def test_an_entry_without_a_needed_field_is_refused(mirror: Mirror, field: str) -> None:
    mirror.publish(_SUITE, entries=[{key: ENTRY[key] for key in ENTRY if key != field}])
    with pytest.raises(IntegrityError, match="an entry without"):
        _names()


def test_an_index_that_is_no_archive_is_refused(mirror: Mirror) -> None:
    mirror.publish(_SUITE, index=b"no xz")
    with pytest.raises(IntegrityError, match="damaged"):
        _names()


def test_an_index_that_unpacks_to_too_much_is_refused(
    mirror: Mirror, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(debian, "_LARGEST_INDEX", 32)
    mirror.publish(_SUITE)
    with pytest.raises(IntegrityError, match="or larger than 32 bytes"):
        _names()


def test_a_release_is_not_read_beyond_a_bound(
    mirror: Mirror, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = mirror.path(_SUITE, "InRelease")
    monkeypatch.setattr(debian, "_LARGEST_RELEASE", len(mirror.server.files[path]) - 40)
    with pytest.raises(IntegrityError, match="not one signed text"):
        _names()


@pytest.mark.parametrize("bad", ["/missing", "/tampered"])
def test_the_next_mirror_is_asked_where_one_does_not_serve(
    mirror: Mirror, monkeypatch: pytest.MonkeyPatch, bad: str
) -> None:
    server = mirror.server
    server.files["/tampered/dists/bookworm/InRelease"] = mirror.keys.signed("x: y", "stranger")
    monkeypatch.setenv("HARNESS_DEBIAN_MIRROR", f"{server.url(bad)} {mirror.url}")
    assert _names() == ["bash"]


def test_no_mirror_that_answers_is_the_worlds_fault(mirror: Mirror) -> None:
    mirror.server.files.clear()
    with pytest.raises(ToolError, match=r"set HARNESS_DEBIAN_MIRROR (.|\n)*answered 404"):
        _names()


def test_says_which_package_has_debians_keys(
    mirror: Mirror, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    signed_by(monkeypatch, tmp_path / "none.gpg")
    with pytest.raises(ToolError, match="apt-get install debian-archive-keyring"):
        _names()
    assert mirror.path(_SUITE, PACKAGES) not in _asked(mirror)


@pytest.fixture(name="apt")
def _apt(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.delenv("HARNESS_DEBIAN_MIRROR", raising=False)
    monkeypatch.setattr(debian, "_SOURCES", tmp_path)
    (tmp_path / "sources.list.d").mkdir()
    return tmp_path


def _deb822(**fields: str) -> str:
    source = {"Types": "deb", "URIs": "http://m/debian", "Suites": _SUITE, "Components": "main"}
    return "# from the installer\n" + mirrors.control({**source, **fields})


def test_reads_apts_sources_in_one_line(apt: Path) -> None:
    (apt / "sources.list").write_text(
        "# deb http://commented/ bookworm main\n"
        "deb-src http://source/ bookworm main\n"
        "deb http://other/ stable contrib # not main\n"
        "deb [arch=amd64 signed-by=/k.gpg] http://m/debian/ bookworm main contrib\n"
    )
    (apt / "sources.list.d/b.list").write_text("deb http://n/debian bookworm main\nodd\n")
    (apt / "sources.list.d/off.list.save").write_text("deb http://off/ bookworm main\n")
    assert debian.mirrors(_SUITE) == ["http://m/debian", "http://n/debian"]


@pytest.mark.parametrize(
    "fields",
    [
        {"Enabled": "no"},
        {"Enabled": "False"},
        {"Types": "deb-src"},
        {"Components": "contrib"},
        {"Suites": ""},
    ],
)
def test_leaves_out_sources_that_do_not_serve(apt: Path, fields: dict[str, str]) -> None:
    (apt / "sources.list.d/debian.sources").write_text(_deb822(**fields))
    assert debian.mirrors(_SUITE) == []


def test_asks_first_the_source_that_names_the_suite(apt: Path) -> None:
    (apt / "sources.list.d/debian.sources").write_text(
        _deb822(Suites="bookworm bookworm-updates", URIs="http://m/debian http://n/debian")
        + _deb822(Suites="bookworm-security", URIs="http://m/debian-security")
    )
    main, security = ["http://m/debian", "http://n/debian"], ["http://m/debian-security"]
    assert debian.mirrors("bookworm-updates") == main + security
    assert debian.mirrors("bookworm-security") == security + main
    assert debian.mirrors("trixie") == main + security
    assert debian.mirrors("trixie-security") == security + main


def test_a_damaged_source_of_apt_is_named(apt: Path) -> None:
    (apt / "sources.list.d/debian.sources").write_text("odd\n")
    with pytest.raises(ToolError, match=r"debian.sources:1: neither a field"):
        debian.mirrors(_SUITE)


def test_mirrors_of_the_environment_stand_above_apts(
    apt: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (apt / "sources.list").write_text("deb http://m/debian bookworm main\n")
    monkeypatch.setenv("HARNESS_DEBIAN_MIRROR", "http://a/debian/ http://b/archive")
    security = "http://a/debian-security"
    assert debian.mirrors(_SUITE) == ["http://a/debian", "http://b/archive", security]
    assert debian.mirrors("bookworm-security")[0] == security


def test_names_no_mirror_of_its_own(apt: Path) -> None:
    assert not (apt / "sources.list").exists()
    assert debian.mirrors(_SUITE) == []
    with pytest.raises(ToolError, match="set HARNESS_DEBIAN_MIRROR"):
        debian.candidates(_SUITE, "amd64")


def test_a_package_is_looked_for_on_every_mirror(
    apt: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HARNESS_DEBIAN_MIRROR", f"http://a file://{apt}")
    path = "pool/main/b/bash/bash_1.0-1_amd64.deb"
    assert debian.deb_urls(deb("bash")) == [f"http://a/{path}", f"file://{apt}/{path}"]
