import copy
import tomllib
from dataclasses import replace
from typing import Any

import pytest
import tomli_w
from hypothesis import given
from hypothesis import strategies as st
from packaging.pylock import PackageWheel, Pylock

from harness.documents.toml import parse_toml
from harness.errors import InputError
from harness.host.core.architecture import ARCHITECTURES
from harness.lock.core.pylock import decode_lock, encode_lock
from harness.lock.core.values import Lock
from harness.lock.core.wheels import marker_environment, supported_tags
from harness.sources.core.standard_lock import listed_wheels, newer_version, read_standard
from harness.sources.core.target import Target
from tests.damaged_documents import accepted_or_refused_at, damaged
from tests.locks import BY_COMMIT, LOCK, locks

_WHERE = "envs/serving/pylock.toml"
_DOCUMENT: dict[str, Any] = tomllib.loads(encode_lock(LOCK).decode())
_HARNESS = "tool.harness"
_X86 = "tool.harness.targets.x86_64-linux"


def _changed(path: str, value: Any) -> bytes:
    """Return the lock with the value at a key path replaced, or removed if it is None."""
    document = tomllib.loads(encode_lock(LOCK).decode())
    *above, last = (int(step) if step.isdigit() else step for step in path.split("."))
    parent: Any = document
    for step in above:
        parent = parent[step]
    if value is None:
        del parent[last]
    else:
        parent[last] = value
    return tomli_w.dumps(document).encode()


def _refusal(data: bytes) -> str:
    with pytest.raises(InputError) as error:
        decode_lock(data, _WHERE)
    return str(error.value)


def test_what_is_written_is_read_back() -> None:
    assert decode_lock(encode_lock(LOCK), _WHERE) == LOCK


@given(lock=locks())
def test_any_lock_is_read_back_from_its_own_bytes(lock: Lock) -> None:
    data = encode_lock(lock)
    assert decode_lock(data, _WHERE) == lock
    assert encode_lock(decode_lock(data, _WHERE)) == data


def test_which_index_a_package_comes_from_is_told_by_name() -> None:
    packages = [replace(one, index="acme") for one in LOCK.packages]
    named = replace(LOCK, packages=(*packages[:2], *LOCK.packages[2:]))
    data = encode_lock(named)
    assert b'[tool.harness.indexes]\nacme = [\n    "click",\n    "numpy",\n]\n' in data
    assert decode_lock(data, _WHERE) == named


@pytest.mark.parametrize(
    ("indexes", "problem"),
    [
        ({"a b": ["click"]}, "indexes.a b: not a name of letters"),
        ({"a": ["click"], "b": ["click"]}, "indexes.b: click is also of a"),
        ({"a": ["nowhere"]}, "harness.indexes: nowhere is no package of the lock"),
    ],
)
def test_an_index_that_could_mislead_is_refused(indexes: Any, problem: str) -> None:
    assert problem in _refusal(_changed(f"{_HARNESS}.indexes", indexes))


def test_the_order_of_what_is_locked_does_not_change_the_bytes() -> None:
    backwards = replace(
        LOCK,
        packages=tuple(replace(one, wheels=one.wheels[::-1]) for one in LOCK.packages[::-1]),
        targets={
            system: replace(target, wheels=target.wheels[::-1], debs=target.debs[::-1])
            for system, target in reversed(list(LOCK.targets.items()))
        },
    )
    assert encode_lock(backwards) == encode_lock(LOCK)


def test_holds_no_date_for_nix_cannot_read_one() -> None:
    upper_case = {type(value).__name__ for value in _leaves(_DOCUMENT)}
    assert upper_case == {"str", "int"}


def _leaves(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [leaf for inner in value.values() for leaf in _leaves(inner)]
    return (
        [leaf for inner in value for leaf in _leaves(inner)] if isinstance(value, list) else [value]
    )


@pytest.mark.parametrize("system", ["x86_64-linux", "aarch64-linux"])
def test_another_reader_of_the_standard_selects_the_chosen_wheels(system: str) -> None:
    locked = LOCK.targets[system]
    target = Target(architecture=ARCHITECTURES[system], python=locked.python, glibc=locked.glibc)
    selected = Pylock.from_dict(_DOCUMENT).select(
        environment=marker_environment(target),  # type: ignore[arg-type]  # a TypedDict of these
        tags=list(supported_tags(target)),
    )
    files = [file.filename for _, file in selected if isinstance(file, PackageWheel)]
    assert sorted(files) == sorted(locked.wheels)


@pytest.mark.parametrize(
    ("path", "value", "problem"),
    [
        ("packages.0.name", "Not_Normal", "packages[0].name"),
        ("packages.0.version", None, "packages[0]: click has no version"),
        (
            "packages.0.wheels.0.hashes",
            {"md5": "a"},
            "none-any.whl: no sha256",
        ),
        ("packages.0.wheels.0.hashes", {"sha256": "A" * 64}, "packages[0].wheels[0]: click"),
        ("packages.0.wheels.0.size", None, "packages[0].wheels[0]: click"),
        ("packages.0.wheels.0.path", "/etc/click-8.3.1-py3-none-any.whl", "is not a file name"),
        ("packages.0.wheels.0.path", "../click-8.3.1-py3-none-any.whl", "is not a file name"),
        ("packages.0.wheels.0.path", "a/click-8.3.1-py3-none-any.whl", "is not a file name"),
        ("packages.0.wheels.0.path", "a\\click-8.3.1-py3-none-any.whl", "packages[0].wheels[0]"),
        (
            "packages.0.wheels",
            _DOCUMENT["packages"][0]["wheels"] * 2,
            "none-any.whl is listed twice",
        ),
        ("packages.2", _DOCUMENT["packages"][0], "packages: click 8.3.1 is listed twice"),
        ("lock-version", "2.0", "not a lock as PEP 751 has it: pylock version 2.0"),
        (f"{_HARNESS}.format", 2, f"{_HARNESS}.format: this harness reads format 1"),
        (f"{_HARNESS}.extra", 1, f"{_HARNESS}.extra: unknown key"),
        (f"{_HARNESS}.installer", None, f"{_HARNESS}.installer.file: missing"),
        (f"{_HARNESS}.installer.url", 1, f"{_HARNESS}.installer.url: expected a string"),
        (f"{_HARNESS}.installer.size", 0, f"{_HARNESS}.installer: installer-0.7.0"),
        (f"{_HARNESS}.targets.mips-linux", {}, "targets.mips-linux: no such system"),
        (f"{_X86}.wheels.0", "b-1-py3-none-any.whl", f"{_X86}.wheels[0]: 'b-1-py3-none-any.whl'"),
        (f"{_X86}.wheels.1", "click-8.3.1-py3-none-any.whl", f"{_X86}.wheels[1]: a second wheel"),
        (f"{_X86}.python", "3.11", f"{_X86}.python: '3.11' is not a full version"),
        (f"{_X86}.python", "३.११.२", f"{_X86}.python: "),
        (f"{_X86}.glibc", "2", f"{_X86}.glibc: expected a version like 2.36"),
        (f"{_X86}.seed.nar-sha256", "x", f"{_X86}.seed.nar-sha256: not a sha256"),
        (f"{_X86}.debs.0.path", "/etc/x.deb", f"{_X86}.debs[0].path: "),
        (f"{_X86}.debs.0.path", "pool/../../x.deb", f"{_X86}.debs[0].path: "),
        (f"{_X86}.debs.1.sha256", "x", f"{_X86}.debs[1]: "),
        (f"{_X86}.interpreter", {"release": "new"}, f"{_X86}.interpreter.release: 'new' is not a"),
        (f"{_X86}.tools.0.file", "a/b", f"{_X86}.tools[0]: 'a/b' is not a plain file name"),
    ],
)
def test_refuses_with_the_place(path: str, value: Any, problem: str) -> None:
    message = _refusal(_changed(path, value))
    assert message.startswith(f"{_WHERE}: ")
    assert problem in message


@pytest.mark.parametrize("tool", [None, {"uv": {}}])
def test_a_lock_of_another_tool_is_told_how_to_be_taken_over(tool: Any) -> None:
    assert _refusal(_changed("tool", tool)).endswith("take it over with `harness lock --from`")


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"a = 1\n# \xff", "not TOML: no UTF-8 (at line 2); save it as UTF-8"),
        (b"\xef\xbb\xbfa = 1", "not TOML: begins with a byte order mark; save it"),
        ("a = 1".encode("utf-16"), "not TOML: begins with a byte order mark; save it"),
        (b"a =", "not TOML: Invalid value (at end of document)"),
        (b"x=" + b"[" * 100_000, "not TOML: nested too deeply"),
        (b"x=1" + b"0" * 5000, "not TOML: Exceeds the limit"),
        (b"\n" + b"a." * 100_000 + b"b=1", "not TOML: a key of too many parts (at line 2)"),
        (b"'a' . " * 40 + b"b=1", "not TOML: a key of too many parts (at line 1)"),
        (b" " * (16 * 2**20 + 1), "at most 16777216 are read"),
    ],
)
def test_what_is_no_toml_is_refused_in_bounded_memory(data: bytes, problem: str) -> None:
    assert problem in _refusal(data)


def test_a_package_by_commit_is_what_the_standard_has_it_to_be() -> None:
    data = encode_lock(BY_COMMIT)
    document = parse_toml(data, _WHERE)
    (own,) = (one for one in document["packages"] if one["name"] == "own")
    url = "https://forge.invalid/own.git"
    assert own["vcs"] == {"type": "git", "url": url, "commit-id": "1" * 40}
    assert "sdist" not in own
    assert decode_lock(data, _WHERE) == BY_COMMIT
    below = [
        replace(one, commit=replace(one.commit, directory="libs/own")) if one.commit else one
        for one in BY_COMMIT.packages
    ]
    deeper = replace(BY_COMMIT, packages=tuple(below))
    assert decode_lock(encode_lock(deeper), _WHERE) == deeper
    assert str(Pylock.from_dict(document).lock_version) == "1.0"


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('type = "git"', 'type = "hg"', "packages: own: vcs: only a repository of git"),
        ("1" * 40, "main", "packages: own: vcs: a package from a repository is locked by its"),
        ("https://forge", "ssh://forge", "packages: own: vcs: an address begins with http"),
        ("harness.commits.own", "harness.commits.click", "own: tool.harness.commits says nothing"),
    ],
)
def test_a_commit_that_could_mislead_is_refused(old: str, new: str, problem: str) -> None:
    text = encode_lock(BY_COMMIT).decode()
    assert old in text
    assert problem in _refusal(text.replace(old, new).encode())


def test_what_is_packed_of_no_commit_is_refused() -> None:
    text = encode_lock(BY_COMMIT).decode()
    more = text.replace(
        "[tool.harness.commits.own]",
        f'[tool.harness.commits.b]\nfile = "b"\nsize = 1\nsha256 = "{"0" * 64}"\n\n'
        "[tool.harness.commits.own]",
    )
    assert "tool.harness.commits: b is no package by commit" in _refusal(more.encode())


def test_dots_in_values_are_not_parts_of_a_key() -> None:
    text = "a. b " * 1000
    assert parse_toml(f'command = "{text}"'.encode(), _WHERE) == {"command": text}


@given(document=damaged(_DOCUMENT))
def test_any_damaged_lock_is_a_lock_or_refused_with_its_place(document: dict[str, Any]) -> None:
    with accepted_or_refused_at(f"{_WHERE}: "):
        decode_lock(tomli_w.dumps(document).encode(), _WHERE)


@given(data=st.binary(max_size=300))
def test_any_bytes_are_refused_with_their_place(data: bytes) -> None:
    assert _refusal(data).startswith(f"{_WHERE}: ")


def _foreign(**wheel: Any) -> dict[str, Any]:
    return {
        "lock-version": "1.0",
        "created-by": "uv",
        "packages": [
            {
                "name": "a",
                "version": "1+local",
                "wheels": [{"size": 1, "hashes": {"sha256": "a" * 64}, **wheel}],
            }
        ],
    }


@pytest.mark.parametrize(
    "wheel",
    [
        {"url": "https://index.invalid/x/a-1%2Blocal-py3-none-any.whl#sha256=00"},
        {"url": "https://index.invalid/x", "name": "a-1+local-py3-none-any.whl"},
        {"path": "./a-1+local-py3-none-any.whl"},
    ],
)
def test_a_file_s_name_is_its_own_or_the_end_of_its_place(wheel: dict[str, str]) -> None:
    lock = read_standard(_foreign(**wheel), _WHERE)
    ((name, version, (file,)),) = listed_wheels(lock, _WHERE)
    assert (name, version, file.file) == ("a", "1+local", "a-1+local-py3-none-any.whl")


def test_what_is_wrong_inside_the_standard_s_part_is_refused() -> None:
    with pytest.raises(InputError, match=f"^{_WHERE}: "):
        read_standard(_foreign(url="https://[x/a-1+local-py3-none-any.whl"), _WHERE)
    with pytest.raises(InputError, match=f"^{_WHERE}: "):
        read_standard({"lock-version": "1.0", "created-by": "x", "packages": 1}, _WHERE)


def test_a_lock_from_before_there_were_layers_gets_them() -> None:
    (target,) = [decode_lock(_changed(f"{_X86}.layers", None), _WHERE).targets["x86_64-linux"]]
    assert sorted(target.layers) == [("click",), ("numpy",), ("uvloop",)]


@pytest.mark.parametrize(
    "layers",
    [[["click"], ["numpy"]], [["click"], ["numpy", "uvloop"], ["click"]], [["click", "scipy"]]],
)
def test_each_package_of_a_target_is_in_one_layer(layers: list[list[str]]) -> None:
    assert "layers: expected each package of the target" in _refusal(
        _changed(f"{_X86}.layers", layers)
    )


def test_no_layer_is_empty_and_there_are_not_too_many() -> None:
    whole = [["click"], ["numpy"], ["uvloop"]]
    assert "layers: expected each" in _refusal(_changed(f"{_X86}.layers", [*whole, []]))
    assert "layers: 103; at most 100" in _refusal(_changed(f"{_X86}.layers", whole + [[]] * 100))
    assert "layers[0]: expected an array of strings" in _refusal(_changed(f"{_X86}.layers", ["a"]))


def test_a_newer_minor_version_is_read_as_the_one_that_is_known(
    caplog: pytest.LogCaptureFixture,
) -> None:
    lock = read_standard({"lock-version": "1.1", "created-by": "x", "packages": []}, _WHERE)
    assert not lock.packages
    assert not caplog.records
    versions = ["1.0", "1.1", "1.19", "2.0", "1.x", 1]
    assert [newer_version({"lock-version": one}) for one in versions] == [
        None,
        "1.1",
        "1.19",
        None,
        None,
        None,
    ]


_CLICK = "click-8.3.1-py3-none-any.whl"


@pytest.mark.parametrize(
    ("wheel", "said"),
    [
        ({"url": f"https://a.example/{_CLICK}?as={_CLICK}"}, "without name"),
        ({"url": f"https://a.example/{_CLICK}#/{_CLICK}"}, "without name"),
        ({"name": _CLICK, "path": "click-8.3.1-py2.py3-none-any.whl"}, "is not"),
    ],
)
def test_a_wheels_name_is_stated_and_never_read_from_an_address(
    wheel: dict[str, str], said: str
) -> None:
    wheels = [{**wheel, "size": 1, "hashes": {"sha256": "0" * 64}}]
    assert said in _refusal(_changed("packages.0.wheels", wheels))


def test_a_wheel_goes_by_one_name() -> None:
    document = copy.deepcopy(_DOCUMENT)
    wheel = document["packages"][0]["wheels"][0]
    wheel["name"], wheel["path"] = wheel["path"], f"./{wheel['path']}"
    with pytest.raises(InputError, match=r"packages: click: '\./click-8.* is not 'click-8"):
        decode_lock(tomli_w.dumps(document).encode(), _WHERE)
