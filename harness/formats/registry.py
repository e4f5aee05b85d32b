"""Which formats are known, and the explanation of two contents by the first that fits.

A row is tried when it recognises both contents. Its module is imported only then, so that a large
table costs nothing to read. A row that raises ValueError, or finds no difference in contents that
differ, gives way to the next one; binary takes everything.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from itertools import chain

from harness.formats.change import (
    At,
    BeyondBoundError,
    Change,
    Content,
    Explainer,
    Kind,
    Step,
)

HEAD = 512
"""How many first bytes `Format.recognises` sees: a tar header."""

Recognises = Callable[[str, bytes], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """A row: a name for people, a test on path and first bytes, and what explains.

    `explainer` names a function of the module `module` of this package; `needs` is the library of
    `harness[formats]` that it imports.
    """

    name: str
    recognises: Recognises
    module: str
    explainer: str = "explain"
    needs: str = ""

    @property
    def explain(self) -> Explainer:
        """The row's function; its module is imported on first use."""
        module = import_module(f"harness.formats.{self.module}")
        explainer: Explainer = getattr(module, self.explainer)
        return explainer


def starting(*magics: bytes, at: int = 0) -> Recognises:
    """Recognise contents that hold one of `magics` at an offset."""
    return lambda _, head: head.startswith(magics, at)


def named(*suffixes: str) -> Recognises:
    """Recognise paths that end in one of `suffixes`, whatever the case."""
    return lambda path, _: path.lower().endswith(suffixes)


def either(*tests: Recognises) -> Recognises:
    """Recognise what one of `tests` does."""
    return lambda path, head: any(test(path, head) for test in tests)


def _started_by_a_line(_: str, head: bytes) -> bool:
    """Recognise an archive that a program runs, whose path stands before it (zipapp, pex)."""
    return head.startswith(b"#!") and head.partition(b"\n")[2].startswith(b"PK\3\4")


def _notebook(path: str, head: bytes) -> bool:
    is_json = head.lstrip().startswith(b"{")
    return path.lower().endswith(".ipynb") or (
        is_json and b'"cells"' in head and b'"cell_type"' in head
    )


def _textual(_: str, head: bytes) -> bool:
    return b"\0" not in head or head.startswith((b"\xff\xfe", b"\xfe\xff"))


def _json(path: str, head: bytes) -> bool:
    return path.lower().endswith(".json") or head.lstrip(b" \t\r\n").startswith((b"{", b"["))


def _oci(_: str, head: bytes) -> bool:
    marks = b'"schemaVersion"', b'"mediaType"', b'"architecture"', b'"rootfs"'
    return head.lstrip().startswith(b"{") and any(mark in head for mark in marks)


def _anything(_: str, __: bytes) -> bool:
    return True


def _tar(path: str, head: bytes) -> bool:
    return head[257:262] == b"ustar" or path.lower().endswith(".tar")


FORMATS: tuple[Format, ...] = (
    Format(
        name="zip",
        recognises=either(
            starting(b"PK\3\4", b"PK\5\6"),
            _started_by_a_line,
            named(".zip", ".whl", ".pyz", ".pex", ".shiv", ".jar"),
        ),
        module="archives.zipped",
    ),
    Format(
        name="gzip",
        recognises=starting(b"\x1f\x8b\x08"),
        module="archives.compressed",
        explainer="explain_gzip",
    ),
    Format(
        name="xz",
        recognises=starting(b"\xfd7zXZ\0"),
        module="archives.compressed",
        explainer="explain_xz",
    ),
    Format(
        name="bzip2",
        recognises=starting(b"BZh"),
        module="archives.compressed",
        explainer="explain_bzip2",
    ),
    Format(
        name="zstd",
        recognises=starting(b"\x28\xb5\x2f\xfd"),
        module="archives.compressed",
        explainer="explain_zstd",
    ),
    Format(
        name="LZ4",
        recognises=starting(b"\x04\x22\x4d\x18"),
        module="archives.compressed",
        explainer="explain_lz4",
        needs="lz4",
    ),
    Format(
        name="zlib",
        recognises=starting(b"x\x01", b"x\x5e", b"x\x9c", b"x\xda"),
        module="archives.compressed",
        explainer="explain_zlib",
    ),
    Format(
        name="pickle",
        recognises=either(
            starting(b"\x80\2", b"\x80\3", b"\x80\4", b"\x80\5"),
            named(".pkl", ".pickle", ".joblib"),
        ),
        module="arrays.pickled",
    ),
    Format(name="pyc", recognises=starting(b"\r\n", at=2), module="programs.bytecode"),
    Format(name="tar", recognises=_tar, module="archives.tarred"),
    Format(name="ELF", recognises=starting(b"\x7fELF"), module="programs.elf"),
    Format(name="ar", recognises=starting(b"!<arch>\n"), module="archives.archived"),
    Format(name="cpio", recognises=starting(b"070701", b"070702"), module="archives.cpio"),
    Format(name="squashfs", recognises=starting(b"hsqs"), module="archives.squashfs"),
    Format(name="Git index", recognises=starting(b"DIRC"), module="documents.git_index"),
    Format(name="derivation", recognises=starting(b"Derive("), module="programs.derived"),
    Format(
        name="NAR",
        recognises=starting(b"\x0d\0\0\0\0\0\0\0nix-archive-1"),
        module="archives.nix_archive",
    ),
    Format(name="PNG", recognises=starting(b"\x89PNG\r\n\x1a\n"), module="documents.png"),
    *(
        Format(
            name=name,
            recognises=recognises,
            module="documents.pictures",
            needs="PIL",
        )
        for name, recognises in (
            ("JPEG", starting(b"\xff\xd8\xff")),
            ("TIFF", starting(b"II*\0", b"MM\0*")),
            ("GIF", starting(b"GIF87a", b"GIF89a")),
            ("WebP", starting(b"WEBP", at=8)),
        )
    ),
    Format(name="npy", recognises=starting(b"\x93NUMPY"), module="arrays.numpy_arrays"),
    Format(
        name="safetensors",
        recognises=either(starting(b'{"', at=8), named(".safetensors")),
        module="arrays.safetensors",
    ),
    Format(name="SQLite", recognises=starting(b"SQLite format 3\0"), module="tables.sqlite"),
    Format(name="ONNX", recognises=named(".onnx"), module="arrays.onnx"),
    Format(name="Parquet", recognises=starting(b"PAR1"), module="tables.parquet"),
    Format(name="HDF5", recognises=starting(b"\x89HDF\r\n\x1a\n"), module="tables.hdf5"),
    Format(
        name="Arrow",
        recognises=either(starting(b"ARROW1\0\0"), named(".arrow", ".arrows", ".feather")),
        module="tables.arrow",
    ),
    Format(name="GGUF", recognises=starting(b"GGUF"), module="arrays.gguf"),
    Format(
        name="R",
        recognises=starting(b"X\n\0\0\0", b"RDX2\nX\n", b"RDX3\nX\n"),
        module="arrays.r_data",
        needs="rdata",
    ),
    Format(
        name="MATLAB",
        recognises=starting(b"MATLAB 5.0 MAT-file"),
        module="arrays.matlab",
        needs="numpy",
    ),
    Format(
        name="netCDF",
        recognises=starting(b"CDF\1", b"CDF\2"),
        module="arrays.netcdf",
        needs="scipy",
    ),
    Format(
        name="Avro",
        recognises=starting(b"Obj\1"),
        module="tables.avro",
        needs="fastavro",
    ),
    Format(name="ORC", recognises=starting(b"ORC"), module="tables.orc", needs="pyarrow"),
    Format(
        name="MessagePack",
        recognises=named(".msgpack", ".mpk"),
        module="documents.packed",
        explainer="explain_msgpack",
        needs="msgpack",
    ),
    Format(
        name="CBOR",
        recognises=either(starting(b"\xd9\xd9\xf7"), named(".cbor")),
        module="documents.packed",
        explainer="explain_cbor",
        needs="cbor2",
    ),
    Format(
        name="TOML",
        recognises=named(".toml"),
        module="documents.structured",
        explainer="explain_toml",
    ),
    Format(
        name="RECORD",
        recognises=named(".dist-info/record"),
        module="documents.dist_info",
        explainer="explain_record",
    ),
    Format(
        name="METADATA",
        recognises=named(".dist-info/metadata", ".dist-info/wheel", "/pkg-info"),
        module="documents.dist_info",
        explainer="explain_fields",
    ),
    Format(name="PDF", recognises=starting(b"%PDF-"), module="documents.pdf"),
    Format(
        name="XML",
        recognises=either(starting(b"<?xml", b"<svg"), named(".svg", ".xml")),
        module="documents.markup",
    ),
    Format(name="notebook", recognises=_notebook, module="documents.notebooks"),
    Format(name="OCI", recognises=_oci, module="archives.oci"),
    Format(name="JSON", recognises=_json, module="documents.structured", explainer="explain_json"),
    Format(name="text", recognises=_textual, module="documents.text"),
    Format(name="binary", recognises=_anything, module="binary"),
)


def explain(path: str, first: Content, second: Content) -> tuple[str, Iterator[Change]]:
    """Return the name of the format that explains two contents, and what differs, lazily.

    `path` is where the contents lie; only its end is looked at. Contents that are equal give no
    changes. Never raises ValueError: what turns out to be unreadable half way ends with a change
    that says so, and what is beyond the bounds of its own format begins with one.
    """
    heads = first[:HEAD], second[:HEAD]
    beyond: list[Change] = []
    for row in FORMATS:
        if all(row.recognises(path, head) for head in heads):
            try:
                changes = _readable(row.name, row.explain(first, second))
            except (BeyondBoundError, ModuleNotFoundError) as error:
                why = _missing(row, error) if isinstance(error, ImportError) else str(error)
                beyond.append(_unread("not read as", row.name, why))
                continue
            if changes is not None:
                return row.name, chain(beyond, changes)
    return "binary", iter(())


def _missing(row: Format, error: ImportError) -> str:
    """Return which library lacks to read a format; an error that is ours is raised again."""
    library = str(error.name).partition(".")[0]
    if not row.needs or library == "harness":
        raise error
    return f"{library} is not installed: pip install 'harness[formats]'"


def _readable(name: str, changes: Iterator[Change]) -> Iterator[Change] | None:
    """Return `changes` once the first one is known to come, or None.

    Raises:
        BeyondBoundError: they do not come, for one of the contents is beyond what is read.

    """
    try:
        head = next(changes, None)
    except BeyondBoundError:
        raise
    except ValueError:
        return None
    return None if head is None else chain([head], _until_unreadable(name, changes))


def _until_unreadable(name: str, changes: Iterator[Change]) -> Iterator[Change]:
    try:
        yield from changes
    except ValueError as error:
        yield _unread("rest, unreadable as", name, str(error))


def _unread(what: str, name: str, why: str) -> Change:
    place = Step(At.PART, what), Step(At.NAME, name)
    return Change(kind=Kind.UNREAD, place=place, first=why, second="")
