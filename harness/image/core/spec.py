"""The image of an environment as a person writes it: `[image]` of env.toml as a value.

What is built from it is decided here and in harness/nix/image.nix, which reads the same table: the
image never runs as root, nor writes to its own files, unless that is said.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from harness.documents.table import Table
from harness.lock.core.layers import PACKAGE_LAYERS

_MOST_FILES = 16
MOST_LAYERS = 3 + PACKAGE_LAYERS + _MOST_FILES
"""The base, the links, the image's own directories; packages; files and artefacts."""

TEMPORARY = "/tmp"  # noqa: S108 - in the image
ROOT = "root"
_USER_ID = 1000
_USER = re.compile(r"[a-z_][a-z0-9_-]{0,31}")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_PORT = re.compile(r"([1-9][0-9]{0,4})/(tcp|udp)")
_LARGEST_PORT = 65535
_LABEL = re.compile(r"[a-z0-9]+([._-][a-z0-9]+)*")
_OWN_LABELS = re.compile(r"harness[._-].*|org\.opencontainers\.image\.revision")
_RELATIVE = re.compile(r"(?!-)[A-Za-z0-9._+=@-]{1,64}(/[A-Za-z0-9._+=@-]{1,64}){0,15}", re.ASCII)
_TAKEN = frozenset({"nix", "proc", "sys", "dev"})
"""Directories at the top of an image that are not its own."""
_OWN = (
    "/etc/passwd",
    "/etc/group",
    "/etc/ssl/certs/ca-certificates.crt",
    "/usr/share/zoneinfo",
)
"""What harness/nix/builders/root.py puts there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Artefact:
    """Files that the environment makes itself while the image is built: a trained model, say.

    `command` is a bash command line that writes `$out`; it runs where `inputs` are, which are
    paths below the environment's directory.
    """

    command: str
    inputs: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageSpec:
    """`[image]`, decoded; docs/env-toml.md says what each key means.

    Paths in the image are absolute. `files` maps one to a path below the environment's directory,
    `artefacts` to what makes it.
    """

    command: tuple[str, ...]
    user: str
    working_directory: str
    environment: Mapping[str, str]
    ports: tuple[str, ...]
    labels: Mapping[str, str]
    files: Mapping[str, str]
    artefacts: Mapping[str, Artefact]
    read_only: bool
    writable: tuple[str, ...]

    @property
    def user_id(self) -> int:
        """The user's and group's number inside the image."""
        return 0 if self.user == ROOT else _USER_ID

    @property
    def sources(self) -> list[tuple[str, str]]:
        """The key of each path below the environment's directory, and the path."""
        return [(f"image.files.{target!r}", path) for target, path in self.files.items()] + [
            (f"image.artefacts.{target!r}.inputs", path)
            for target, artefact in self.artefacts.items()
            for path in artefact.inputs
        ]


def decode_image(table: Table) -> ImageSpec:
    """Decode the table.

    Raises:
        InputError: names the key path, what was found and what was expected.

    """
    image = ImageSpec(
        command=_command(table),
        user=_user(table),
        working_directory=_working_directory(table),
        environment=_environment(table.table("environment")),
        ports=table.mapped("ports", _port, ()),
        labels=_labels(table.table("labels")),
        files=_files(table.table("files")),
        artefacts=_artefacts(table.table("artefacts")),
        read_only=table.flag("read-only", default=True),
        writable=table.mapped("writable", _writable, (TEMPORARY,)),
    )
    _require_apart(table, image)
    table.finish()
    return image


def _command(table: Table) -> tuple[str, ...]:
    command = table.mapped("command", _word)
    if not command or not command[0]:
        raise table.error("command", "expected a program and its arguments")
    return command


def _word(text: str) -> str:
    if "\0" in text:
        raise ValueError("a null byte")
    return text


def _user(table: Table) -> str:
    user = table.text("user", "app")
    if not _USER.fullmatch(user):
        raise table.error("user", f"{user[:40]!r} is not the name of a user")
    return user


def _working_directory(table: Table) -> str:
    path = table.text("working-directory", "/")
    try:
        return path if path == "/" else _absolute(path)
    except ValueError as error:
        raise table.error("working-directory", f"{path[:40]!r}: {error}") from error


def _environment(table: Table) -> Mapping[str, str]:
    for name in table.names():
        if not _VARIABLE.fullmatch(name):
            raise table.error(repr(name), "not the name of a variable")
        if "\0" in table.text(name):
            raise table.error(name, "a null byte")
    return {name: table.text(name) for name in table.names()}


def _port(text: str) -> str:
    match = _PORT.fullmatch(text)
    if match is None or int(match[1]) > _LARGEST_PORT:
        raise ValueError("not a port like 8080/tcp")
    return text


def _labels(table: Table) -> Mapping[str, str]:
    for name in table.names():
        if not _LABEL.fullmatch(name):
            raise table.error(repr(name), "not a label's name, such as org.example.team")
        if _OWN_LABELS.fullmatch(name):
            raise table.error(repr(name), "harness itself sets this label")
    return {name: table.text(name) for name in table.names()}


def _files(table: Table) -> Mapping[str, str]:
    files = {}
    for target in _targets(table):
        source = table.text(target)
        try:
            files[target] = _relative(source)
        except ValueError as error:
            raise table.error(repr(target), f"{source[:40]!r}: {error}") from error
    return files


def _artefacts(table: Table) -> Mapping[str, Artefact]:
    artefacts = {}
    for target in _targets(table):
        one = table.table(target)
        artefacts[target] = Artefact(
            command=one.text("command"), inputs=one.mapped("inputs", _relative, ())
        )
        one.finish()
    return artefacts


def _targets(table: Table) -> list[str]:
    """Return the keys, each a path in the image where nothing else is."""
    for path in table.names():
        try:
            _place(path)
        except ValueError as error:
            raise table.error(repr(path), str(error)) from error
        if _is_in(path, TEMPORARY) or any(_is_in(path, own) for own in _OWN):
            raise table.error(repr(path), "not a place for files of one's own")
    return table.names()


def _writable(path: str) -> str:
    """Return a directory that may be mounted anew, for that hides what is below it."""
    _place(path)
    if any(_is_in(path, own) or _is_in(own, path) for own in _OWN):
        raise ValueError("not to be written to: the image has files of its own there")
    return path


def _place(path: str) -> str:
    """Return a path where an image may have something."""
    if _absolute(path).split("/")[1] in _TAKEN:
        raise ValueError("not a place for files of one's own")
    return path


def _is_in(path: str, directory: str) -> bool:
    return f"{path}/".startswith(f"{directory}/")


def _absolute(path: str) -> str:
    if not path.startswith("/"):
        raise ValueError("not an absolute path")
    _relative(path[1:])
    return path


def _relative(path: str) -> str:
    if not _RELATIVE.fullmatch(path) or {".", ".."} & {*path.split("/")}:
        raise ValueError("not a plain path (letters, digits and . _ + = @ - between slashes)")
    return path


def _require_apart(table: Table, image: ImageSpec) -> None:
    """Refuse too many files, and one inside another or where a writable directory is mounted."""
    targets = [*image.files, *image.artefacts]
    if len(targets) > _MOST_FILES:
        raise table.error("files", f"{len(targets)} with artefacts; at most {_MOST_FILES}")
    for path in targets:
        if path in image.files and path in image.artefacts:
            raise table.error("files", f"{path} is an artefact, too")
        for other in targets:
            if path != other and _is_in(path, other):
                raise table.error("files", f"{path} is inside {other}")
        for directory in image.writable:
            if _is_in(path, directory):
                raise table.error("writable", f"{directory} would hide {path}")
