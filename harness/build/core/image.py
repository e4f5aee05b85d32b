"""The image of an environment as a person writes it: `[image]` of env.toml as a value.

What is built from it is decided here and in harness/nix/image.nix, which reads the same table: the
image never runs as root, nor writes to its own files, unless that is said.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

from harness.documents.key import Checked, Flag, Key, Keys, Parsed, PlacedError, matching
from harness.lock.core.layers import PACKAGE_LAYERS
from harness.project.core.within import InputPath, plain

_MOST_FILES = 16
MOST_LAYERS = 3 + PACKAGE_LAYERS + _MOST_FILES
"""The base, the links, the image's own directories; packages; files and artefacts."""

TEMPORARY = "/tmp"  # noqa: S108 - in the image
_USER = re.compile(r"[a-z_][a-z0-9_-]{0,31}")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_PORT = re.compile(r"([1-9][0-9]{0,4})/(tcp|udp)")
_LARGEST_PORT = 65535
_LABEL = re.compile(r"[a-z0-9]+([._-][a-z0-9]+)*")
_OWN_LABELS = re.compile(r"harness[._-].*|org\.opencontainers\.image\.revision")
_TAKEN = frozenset({"nix", "proc", "sys", "dev"})
"""Directories at the top of an image that are not its own."""
_OWN = (
    "/etc/passwd",
    "/etc/group",
    "/etc/ssl/certs/ca-certificates.crt",
    "/usr/share/zoneinfo",
)
"""What harness/nix/builders/root.py puts there."""
SHELLS = ("/bin/sh", "/bin/bash", "/usr/bin/env")
"""What it puts there besides, if that is said."""
_IN_STORE = "/nix/store/"


def _command(words: tuple[str, ...]) -> tuple[str, ...]:
    if not words or not words[0]:
        raise ValueError("expected a program and its arguments")
    return words


def _word(text: str) -> str:
    if "\0" in text:
        raise ValueError("a null byte")
    return text


def _port(text: str) -> str:
    match = _PORT.fullmatch(text)
    if match is None or int(match[1]) > _LARGEST_PORT:
        raise ValueError("not a port like 8080/tcp")
    return text


def _label(name: str) -> str:
    if not _LABEL.fullmatch(name):
        raise ValueError("not a label's name, such as org.example.team")
    if _OWN_LABELS.fullmatch(name):
        raise ValueError("harness itself sets this label")
    return name


def _working_directory(path: str) -> str:
    return path if path == "/" else _absolute(path)


def _target(path: str) -> str:
    """Return a path in the image where nothing else is."""
    _place(path)
    if _is_in(path, TEMPORARY) or any(_is_in(path, own) for own in _OWN):
        raise ValueError("not a place for files of one's own")
    return path


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
    plain(path[1:])
    return path


_Word = Annotated[str, Parsed(_word)]
_Source = Annotated[str, Parsed(plain)]
_Target = Annotated[str, Parsed(_target)]
_Variable = Annotated[str, matching(_VARIABLE, "not the name of a variable")]
_Label = Annotated[str, Parsed(_label)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Artefact(Keys):
    """Files that the environment makes itself while the image is built: a trained model, say."""

    command: Annotated[
        str,
        Key(
            "A bash command line that writes `$out`, run in the sandbox where `inputs` are, with "
            "the programs that checks have.",
            "python train.py",
        ),
    ]
    inputs: Annotated[
        tuple[InputPath, ...],
        Key(
            "What it reads: files and directories of the repository, relative to env.toml, where "
            "the command runs too.",
            ["train.py", "../../data/iris.csv"],
        ),
    ] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageSpec(Keys):
    """How the image of an environment is made: `harness image`; docs/images.md."""

    command: Annotated[
        tuple[_Word, ...],
        Checked(_command, {"minItems": 1}),
        Key(
            "What a container of the image runs: a program, found on the environment's PATH, and "
            "its arguments.",
            ["mlserver", "start", "/srv/models"],
        ),
    ]
    user: Annotated[
        str,
        matching(_USER, "not the name of a user"),
        Key(
            "Who runs it; a number above 0 stands in the image's configuration. `root` has to be "
            "said.",
            "serving",
        ),
    ] = "app"
    working_directory: Annotated[
        str, Parsed(_working_directory), Key("Where it runs: an absolute path.", "/srv")
    ] = "/"
    environment: Annotated[
        Mapping[_Variable, _Word],
        Key(
            "Variables, besides or in place of PATH, LANG, TZDIR, SSL_CERT_FILE, VIRTUAL_ENV and "
            "HOME, which each image has.",
            {"OMP_NUM_THREADS": "1"},
            kind="table: name -> value",
        ),
    ] = field(default_factory=dict)
    ports: Annotated[
        tuple[Annotated[str, Parsed(_port, {"pattern": _PORT.pattern})], ...],
        Key("Ports that it listens on, with tcp or udp.", ["8080/tcp"]),
    ] = ()
    labels: Annotated[
        Mapping[_Label, str],
        Key(
            "Labels of the image, besides those that harness sets: the hash of the lock, and the "
            "revision if a flake passes it.",
            {"org.example.team": "search"},
            kind="table: name -> text",
        ),
    ] = field(default_factory=dict)
    files: Annotated[
        Mapping[_Target, _Source],
        Key(
            "Files and directories that are added, from below the environment's directory and "
            "through no link.",
            {"/srv/settings.json": "settings.json"},
            kind="table: path in the image -> path",
        ),
    ] = field(default_factory=dict)
    artefacts: Annotated[
        Mapping[_Target, Artefact],
        Key(
            "What the environment makes itself, while the image is built. Rebuilt and compared as "
            "everything else is.",
            {"/srv/models": {"command": "python train.py", "inputs": ["train.py"]}},
            kind="table: path in the image -> command and inputs",
        ),
    ] = field(default_factory=dict)
    read_only: Annotated[
        Flag,
        Key(
            "Whether the container's files are meant to be read-only; a label says so.",
            example=False,
        ),
    ] = True
    writable: Annotated[
        tuple[Annotated[str, Parsed(_writable)], ...],
        Key(
            "Directories that a read-only container still needs to write to; a label says so. "
            "They are mounted empty, so none may hold anything of the image.",
            ["/tmp", "/var/cache"],  # noqa: S108 - in the image
        ),
    ] = (TEMPORARY,)

    shells: Annotated[
        Flag,
        Key(
            "Whether /bin/sh, /bin/bash and /usr/bin/env are there, for scripts that name them, "
            "for probes and for who looks into a container. The first two are the base's bash; "
            "`env` finds programs on PATH.",
            example=True,
        ),
    ] = False

    def __post_init__(self) -> None:
        """Refuse too many files, and one inside another or where a directory is mounted."""
        targets = [*self.files, *self.artefacts]
        for path in SHELLS if self.shells else ():
            if path in targets or any(_is_in(path, one) for one in self.writable):
                raise PlacedError(f"{path} is among files or below a writable directory", "shells")
        if len(targets) > _MOST_FILES:
            raise PlacedError(f"{len(targets)} with artefacts; at most {_MOST_FILES}", "files")
        for path in targets:
            if path in self.files and path in self.artefacts:
                raise PlacedError(f"{path} is an artefact, too", "files")
            for other in targets:
                if path != other and _is_in(path, other):
                    raise PlacedError(f"{path} is inside {other}", "files")
            for directory in self.writable:
                if _is_in(path, directory):
                    raise PlacedError(f"{directory} would hide {path}", "writable")

    @property
    def sources(self) -> list[tuple[str, str]]:
        """The key of each path below the environment's directory, and the path."""
        return [(f"image.files.{target!r}", path) for target, path in self.files.items()] + [
            (f"image.artefacts.{target!r}.inputs", path)
            for target, artefact in self.artefacts.items()
            for path in artefact.inputs
        ]


def lacked(program: str, image: ImageSpec) -> str:
    """Return what to do where an image has no program at an absolute path; nothing if it may."""
    if program.startswith(_IN_STORE) or any(_is_in(program, one) for one in image.files):
        return ""
    if program in SHELLS:
        return (
            "" if image.shells else "not in the image; `shells = true` below [image] puts it there"
        )
    name = program.rpartition("/")[2]
    return f"not in the image; `#!/usr/bin/env {name}` and `shells = true` find {name} on PATH"


@dataclass(frozen=True, slots=True, kw_only=True)
class Imaged(Keys):
    """The key of env.toml that says whether an environment has an image."""

    image: ImageSpec | None = None
