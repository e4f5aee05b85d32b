from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.build.core.image import MOST_LAYERS, TEMPORARY, Artefact, ImageSpec, lacked
from harness.documents.decode import decode_whole
from harness.errors import InputError
from tests.damaged_documents import accepted_or_refused_at, damaged

_WHERE = "envs/serving/env.toml: image"
_FULL: dict[str, Any] = {
    "command": ["mlserver", "start", "/srv/models"],
    "user": "serving",
    "working-directory": "/srv",
    "environment": {"MLSERVER_DEBUG": "false"},
    "ports": ["8080/tcp", "8081/udp"],
    "labels": {"org.example.team": "search"},
    "files": {"/srv/settings.json": "settings.json"},
    "artefacts": {"/srv/models": {"command": "python train.py", "inputs": ["train.py"]}},
    "read-only": False,
    "writable": ["/var/cache"],
    "shells": True,
}


def _decoded(**keys: Any) -> ImageSpec:
    document = {"command": ["true"]} | {name.replace("_", "-"): v for name, v in keys.items()}
    return decode_whole(ImageSpec, document, _WHERE)


def _refusal(**keys: Any) -> str:
    with pytest.raises(InputError) as error:
        _decoded(**keys)
    return str(error.value).removeprefix(f"{_WHERE}.")


def test_an_image_is_not_root_and_read_only_unless_that_is_said() -> None:
    image = _decoded()
    assert image.user == "app"
    assert image.read_only
    assert image.writable == (TEMPORARY,)
    assert image.working_directory == "/"


def test_reads_every_key() -> None:
    assert decode_whole(ImageSpec, _FULL, _WHERE) == ImageSpec(
        command=("mlserver", "start", "/srv/models"),
        user="serving",
        working_directory="/srv",
        environment={"MLSERVER_DEBUG": "false"},
        ports=("8080/tcp", "8081/udp"),
        labels={"org.example.team": "search"},
        files={"/srv/settings.json": "settings.json"},
        artefacts={"/srv/models": Artefact(command="python train.py", inputs=("train.py",))},
        read_only=False,
        writable=("/var/cache",),
        shells=True,
    )


@given(document=damaged(_FULL))
def test_any_table_is_read_or_refused_with_its_place(document: dict[str, Any]) -> None:
    with accepted_or_refused_at(_WHERE):
        decode_whole(ImageSpec, document, _WHERE)


def test_a_command_has_a_program() -> None:
    assert _refusal(command=[]) == "command: expected a program and its arguments"
    assert _refusal(command=[""]) == "command: expected a program and its arguments"
    assert _refusal(command=["a\0"]) == "command[0]: 'a\\x00': a null byte"


@pytest.mark.parametrize("user", ["", "0", "Root", "a:b", "x" * 33])
def test_a_user_is_a_name(user: str) -> None:
    assert _refusal(user=user).endswith("not the name of a user")


@pytest.mark.parametrize("port", ["8080", "0/tcp", "65536/tcp", "80/TCP", "٣/tcp"])
def test_a_port_has_a_number_and_a_protocol(port: str) -> None:
    assert _refusal(ports=[port]).endswith("not a port like 8080/tcp")


@pytest.mark.parametrize("path", ["srv", "/srv/", "//srv", "/srv/../etc", "/a b", "/a\n", "/."])
def test_a_path_in_the_image_is_absolute_and_plain(path: str) -> None:
    for refusal in (
        _refusal(working_directory=path),
        _refusal(writable=[path]),
        _refusal(files={path: "models"}),
    ):
        assert "not a plain path" in refusal or "not an absolute path" in refusal


@pytest.mark.parametrize("source", ["/etc/passwd", "../secret", "a/../b", "", "-x"])
def test_a_file_comes_from_below_the_environments_directory(source: str) -> None:
    assert _refusal(files={"/srv": source}).startswith("files.'/srv': ")


@pytest.mark.parametrize("source", ["/etc/passwd", "a/../b", "", "-x", "..", "../.git/config"])
def test_an_artefact_reads_files_of_the_repository(source: str) -> None:
    made = {"/srv": {"command": "true", "inputs": ["../../data", source]}}
    assert _refusal(artefacts=made).startswith("artefacts.'/srv'.inputs[1]: ")


def test_nothing_is_put_where_the_store_or_the_kernel_is() -> None:
    assert _refusal(files={"/nix/store/x": "x"}).endswith("not a place for files of one's own")


@pytest.mark.parametrize(
    "path", ["/etc/passwd", "/usr/share/zoneinfo/UTC", f"{TEMPORARY}/x", "/proc"]
)
def test_nothing_is_put_where_it_would_be_lost(path: str) -> None:
    assert _refusal(files={path: "x"}).endswith("not a place for files of one's own")
    _decoded(files={"/etc/passwd-2": "x", "/etc/app": "x"})


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/nix/store", "not a place"),
        ("/dev/mqueue", "not a place"),
        ("/etc", "files of its own there"),
        ("/etc/group", "files of its own there"),
        ("/usr/share/zoneinfo/x", "files of its own there"),
    ],
)
def test_what_the_image_is_made_of_is_not_writable(path: str, told: str) -> None:
    assert told in _refusal(writable=[path])


def test_a_writable_directory_hides_no_file() -> None:
    made = {"/srv/models": {"command": "true"}}
    assert _refusal(artefacts=made, writable=["/srv"]) == "writable: /srv would hide /srv/models"
    assert _refusal(files={"/srv": "a"}, writable=["/srv"]) == "writable: /srv would hide /srv"
    _decoded(artefacts=made, writable=["/srv/models/cache", "/srv/mod"])


def test_no_file_is_inside_another() -> None:
    made = {"/srv/models": {"command": "true"}}
    assert _refusal(files={"/srv": "a"}, artefacts=made) == "files: /srv/models is inside /srv"
    _decoded(files={"/srv": "a", "/srv-2": "a"})


def test_a_path_is_a_file_or_an_artefact() -> None:
    made = {"/srv": {"command": "true"}}
    assert _refusal(files={"/srv": "a"}, artefacts=made) == "files: /srv is an artefact, too"


def test_there_are_few_files_so_that_the_layers_stay_below_the_bound() -> None:
    assert MOST_LAYERS <= 120
    assert (
        _refusal(files={f"/{n}": "a" for n in range(17)}) == "files: 17 with artefacts; at most 16"
    )


def test_variables_and_labels_have_names() -> None:
    assert _refusal(environment={"A=B": ""}).endswith("not the name of a variable")
    assert _refusal(environment={"A": "a\0"}) == "environment.A: 'a\\x00': a null byte"
    assert "not a label's name" in _refusal(labels={"Team": ""})


@pytest.mark.parametrize("label", ["org.opencontainers.image.revision", "harness.lock.sha256"])
def test_labels_of_harness_are_not_given(label: str) -> None:
    assert _refusal(labels={label: "x"}).endswith("harness itself sets this label")


@given(text=st.text(max_size=10))
def test_any_path_is_read_as_it_stands_or_refused(text: str) -> None:
    with accepted_or_refused_at(_WHERE):
        assert _decoded(working_directory=text).working_directory == text


def test_what_comes_from_beside_env_toml_is_named_by_its_key() -> None:
    assert decode_whole(ImageSpec, _FULL, _WHERE).sources == [
        ("image.files.'/srv/settings.json'", "settings.json"),
        ("image.artefacts.'/srv/models'.inputs", "train.py"),
    ]


@pytest.mark.parametrize(
    "keys",
    [
        {"files": {"/bin/sh": "a"}},
        {"artefacts": {"/usr/bin/env": {"command": "true"}}},
        {"writable": ["/bin"]},
    ],
)
def test_a_shell_wants_its_places(keys: dict[str, Any]) -> None:
    assert _decoded(**keys).shells is False
    assert "below a writable directory" in _refusal(shells=True, **keys)


@pytest.mark.parametrize(
    ("program", "shell", "told"),
    [
        ("/bin/sh", False, "`shells = true`"),
        ("/bin/sh", True, ""),
        ("/usr/bin/env", False, "`shells = true`"),
        ("/usr/bin/python3", True, "`#!/usr/bin/env python3` and `shells = true`"),
        ("/nix/store/x-base/bin/bash", False, ""),
        ("/srv/tool/run", False, ""),
    ],
)
def test_what_an_image_lacks_is_said_with_what_to_do(
    program: str, told: str, *, shell: bool
) -> None:
    image = _decoded(shells=shell, files={"/srv/tool": "tool"})
    assert told in lacked(program, image)
    assert bool(told) == bool(lacked(program, image))
