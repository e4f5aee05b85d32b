import pytest

from harness.errors import InputError
from harness.project.core.own import LEGACY
from harness.sources.core.sdist import build_requires, decode_sdist, decode_stated

_PIN = ("own", "1")
_INFO = "Metadata-Version: 2.2\nName: own\nVersion: 1\nRequires-Dist: six\nProvides-Extra: fast\n"


@pytest.mark.parametrize(
    ("pyproject", "requires"),
    [
        (None, LEGACY),
        (b"[project]\nname = 'own'\n", LEGACY),
        (b"[build-system]\nrequires = ['hatchling', 'wheel']\n", ("hatchling", "wheel")),
        (b"[build-system]\nbuild-backend = 'own'\n", ()),
    ],
)
def test_what_builds_it_is_what_pyproject_says_or_setuptools(
    pyproject: bytes | None, requires: tuple[str, ...]
) -> None:
    assert decode_sdist(_PIN, pyproject, None, []).requires == requires


@pytest.mark.parametrize(
    "pyproject",
    [b"[", b"\xff", b"a = " + b"[" * 5000, b"[build-system]\nrequires = 'a'\n"],
)
def test_a_broken_pyproject_is_refused_with_its_package(pyproject: bytes) -> None:
    with pytest.raises(InputError, match=r"^own 1: pyproject\.toml: "):
        decode_sdist(_PIN, pyproject, None, [])


def test_metadata_counts_where_it_promises_to_stay() -> None:
    stated = decode_sdist(_PIN, None, _INFO.encode(), []).stated
    assert stated == decode_stated(_PIN, _INFO)
    assert stated is not None
    assert (stated.requires, stated.extras) == (("six",), ("fast",))


@pytest.mark.parametrize(
    "info",
    [
        "",
        "Name: own\n",
        "Metadata-Version: x\n",
        f"Metadata-Version: {'9' * 5000}\n",
        _INFO.replace("2.2", "2.1"),
        f"{_INFO}Dynamic: Requires-Dist\n",
    ],
)
def test_metadata_that_may_change_is_the_backends_to_tell(info: str) -> None:
    assert decode_sdist(_PIN, None, info.encode(), []).stated is None


@pytest.mark.parametrize(
    ("name", "compiled"),
    [
        ("own-1/src/own.c", True),
        ("own-1/meson.build", True),
        ("own-1/own/fast.pyx", True),
        ("own-1/tests/data.c", False),
        ("own-1/own.py", False),
    ],
)
def test_sources_of_a_compiled_language_want_a_compiler(name: str, *, compiled: bool) -> None:
    assert decode_sdist(_PIN, None, None, ["own-1/setup.py", name]).compiled is compiled


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("maker @ file:///home/someone", "not a release of an index"),
        ("maker @ git+https://host/maker@" + "4" * 40, "not a release of an index"),
        ("maker; os_name == '\n--index-url=http://host/\n'", "not a PEP 508 requirement"),
        ("-r /etc/passwd", "not a PEP 508 requirement"),
        ("maker; " + "(" * 5000, "its marker is nested too deeply"),
    ],
)
def test_what_builds_it_comes_from_an_index_alone(text: str, problem: str) -> None:
    with pytest.raises(InputError, match=f"^own: .*{problem}"):
        build_requires(["wheel", text], "own")


def test_a_password_in_what_builds_it_is_not_repeated() -> None:
    for text in ("maker @ https://u:s3cret-pw@host/maker", "git+https://u:s3cret-pw@host/maker"):
        with pytest.raises(InputError) as caught:
            build_requires([text], "own")
        assert "s3cret-pw" not in str(caught.value)


@pytest.mark.parametrize("address", ["git+ssh://host/six", "file:///home/someone/six"])
def test_no_address_is_asked_that_only_metadata_names(address: str) -> None:
    with pytest.raises(InputError, match=r"own 1: requires 'six @ .*, by an address"):
        decode_stated(_PIN, _INFO.replace("six", f"six @ {address}"))


def test_what_metadata_requires_and_nobody_can_read_is_the_resolvers_to_tell() -> None:
    assert decode_stated(_PIN, _INFO.replace("six", "six=1")).requires == ("six=1",)
