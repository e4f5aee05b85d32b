from contextlib import suppress
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.requirements import Requirement

from harness.errors import InputError
from harness.project.core.others.requirements import (
    RequirementsFile,
    constraints,
    hashes_by_name,
    read_requirements,
)

_A, _B = "a" * 64, "b" * 64


def _read(text: str) -> RequirementsFile:
    return read_requirements(text.encode(), "r.txt")


def _by_pip(text: str) -> list[tuple[str, frozenset[str]]]:
    """Return what pip itself reads of a file: each requirement with its hashes."""
    parse = import_module("pip._internal.req.req_file").parse_requirements
    session = import_module("pip._internal.network.session").PipSession()
    with TemporaryDirectory() as directory:
        path = Path(directory, "r.txt")
        path.write_text(text)
        found = []
        for one in parse(str(path), session):
            hashes = (one.options or {}).get("hashes", {})
            listed = {f"{kind}:{digest}" for kind in hashes for digest in hashes[kind]}
            found.append((str(Requirement(one.requirement)), frozenset(listed)))
        return found


def _told(file: RequirementsFile) -> list[tuple[str, frozenset[str]]]:
    return [(line.requirement, line.hashes) for line in file.lines]


def test_a_file_means_what_pip_reads_of_it() -> None:
    text = f"""
# pinned
numpy [x, y] >= 2 ; python_version > "3.8"  # why
c==1 --hash=sha256:{_A} \\
    --hash sha256:{_B}
d == 2 \\
  # in between
  --hash=sha256:{_A}
--only-binary :all:
e
f\\
>1
"""
    assert _told(_read(text)) == _by_pip(text)
    assert [line.where for line in _read(text).lines][:2] == ["r.txt:3", "r.txt:4"]


_NAMES = st.from_regex(r"[a-z][a-z0-9_.-]{0,5}[a-z0-9]", fullmatch=True)
_BETWEEN = st.sampled_from([" ", "  ", " \\\n    "])
_LINES = st.builds(
    lambda name, pin, between, hashes, end: (
        f"{name}{pin}{''.join(f'{between}--hash=sha256:{one * 64}' for one in hashes)}{end}"
    ),
    _NAMES,
    st.sampled_from(["", "==1.2", ">=1,<2", "[x]~=3.1", " ; sys_platform == 'linux'"]),
    _BETWEEN,
    st.lists(st.sampled_from("0123456789abcdef"), max_size=3),
    st.sampled_from(["", " # said", "\n", "\n# alone", "\n\n"]),
)


@settings(max_examples=15, deadline=None)
@given(st.lists(_LINES, max_size=6))
def test_files_mean_what_pip_reads_of_them(lines: list[str]) -> None:
    text = "\n".join(lines)
    assert _told(_read(text)) == _by_pip(text)


@given(st.text())
def test_whatever_is_no_requirements_file_is_refused(text: str) -> None:
    with suppress(InputError):
        file = read_requirements(text.encode(errors="surrogatepass"), "r.txt")
        assert [str(Requirement(line.requirement)) for line in file.lines] == [
            line.requirement for line in file.lines
        ]


def test_other_files_are_named_and_not_read() -> None:
    file = _read("-r a b.txt\n-rc.txt\n--requirement=d.txt\n-c e.txt\n--constraint f.txt\n")
    assert [(one.path, one.constrains) for one in file.further] == [
        ("a b.txt", False),
        ("c.txt", False),
        ("d.txt", False),
        ("e.txt", True),
        ("f.txt", True),
    ]
    with pytest.raises(InputError, match=r"^r\.txt:1: -r names no file"):
        _read("-r")


@pytest.mark.parametrize(
    ("line", "name", "reason"),
    [
        ("-e .", "r.txt:1: -e", "one's own package"),
        ("--index-url https://u:s3cret@x/", "r.txt:1: --index-url", "is the machine's to say"),
        ("--what", "r.txt:1: --what", "not served"),
        ("-r https://u:s3cret@x/r.txt", "r.txt:1: -r", "an address, where a file is read"),
        ("-chttps://u:s3cret@x/c.txt", "r.txt:1: -c", "an address, where a file is read"),
        ("a @ git+https://u:s3cret@x/a.git", "a", "is not a release of an index by name"),
        ("https://x/a-1-py3-none-any.whl", "r.txt:1", "is not a release"),
        ("./a", "r.txt:1", "is not a release"),
        ("a-1.tar.gz", "r.txt:1", "is not a release"),
        ("a==1 --config-settings x=y", "a", "--config-settings: harness takes wheels as they are"),
        ("./b --what", "r.txt:1", "--what: not served"),
        ("a==${VERSION}", "r.txt:1", "variables of the machine are not put in"),
    ],
)
def test_what_is_not_taken_over_is_told_without_its_address(
    line: str, name: str, reason: str
) -> None:
    file = _read(line)
    ((found, why),) = [(one.name, one.reason) for one in file.losses]
    assert (found, file.lines) == (name, ())
    assert reason in why
    assert "s3cret" not in why + found


@pytest.mark.parametrize(
    "text",
    ["a==", "a b", "a --hash=md5:00", f"a --hash=sha256:{_A[1:]}", "a --hash", "-r 'x", "a -x 'y"],
)
def test_what_pip_would_not_read_is_an_error_with_its_line(text: str) -> None:
    with pytest.raises(InputError, match=r"^r\.txt:2: "):
        _read(f"\n{text}")


@pytest.mark.parametrize("text", [" " * 2**18, "  \\\n" * 2**16, f"x://{' ' * 2**17}"])
def test_nothing_but_space_takes_no_longer_than_other_text(text: str) -> None:
    assert _read(text).lines == ()


def test_a_line_that_nobody_wrote_is_not_taken_apart() -> None:
    with pytest.raises(InputError, match=r"^r\.txt:2: a line of more than 262144 characters"):
        _read(f"a\nb --hash={'0' * 2**18}")


@pytest.mark.parametrize("data", [b"\xff\xfe", b"a\0b", b"#" * (4 * 2**20 + 1), b"\n" * 100_001])
def test_no_more_is_read_than_a_file_of_text(data: bytes) -> None:
    with pytest.raises(InputError, match=r"^r\.txt: "):
        read_requirements(data, "r.txt")


@pytest.mark.parametrize(
    ("text", "is_compiled"),
    [
        ("a==1\n    # via b\nb===2\n", True),
        (f"a==1 --hash=sha256:{_A}", True),
        ("a==1\nb==2\n", False),
        ("a==1\nb>=2 # via c\n", False),
        ("a==1.*\n# via b", False),
        ("# This file is autogenerated by pip-compile\na==1", True),
        ("# via b", False),
    ],
)
def test_a_file_that_a_tool_wrote_with_every_package_in_it_is_known(
    text: str, is_compiled: bool
) -> None:
    assert _read(text).is_compiled is is_compiled


def test_hashes_of_one_package_are_taken_together() -> None:
    lines = _read(f"A.b==1 --hash=sha256:{_A}\na-b==1 --hash=sha256:{_B}\nc==1").lines
    assert hashes_by_name(lines) == {"a-b": {f"sha256:{_A}", f"sha256:{_B}"}}
    assert [(line.version, line.marker) for line in _read("a>1; os_name=='nt'").lines] == [
        ("", 'os_name == "nt"')
    ]


def test_a_byte_order_mark_is_passed_over() -> None:
    assert _told(_read("\ufeffa\n")) == [("a", frozenset())]
    assert _told(_read("a\\\n")) == [("a", frozenset())]


def test_constraints_are_names_with_versions_alone() -> None:
    assert constraints(b"A==1  # why\nb<2; os_name=='nt'\n", "c.txt") == (
        "A==1",
        'b<2; os_name == "nt"',
    )
    for line in (
        "-r more.txt",
        "-e .",
        "a[x]==1",
        f"a @ https://x/a-1-py3-none-any.whl#sha256={_A}",
    ):
        with pytest.raises(InputError, match=r"^c\.txt"):
            constraints(line.encode(), "c.txt")
