"""pyc files against what this interpreter compiles, and older layouts by hand."""

import importlib.util
import marshal
import py_compile
import struct
from pathlib import Path
from types import CodeType
from typing import Any

import pytest

from harness.formats.change import moment
from harness.formats.programs import bytecode
from harness.formats.wording import spelled
from tests.formats.seeds import PYC, SOURCE, changed, compiled

CODE = compile(SOURCE, "a.py", "exec", dont_inherit=True)


def pyc(code: Any) -> bytes:
    return PYC + bytes(12) + marshal.dumps(code)


def fields(first: bytes, second: bytes) -> list[str]:
    return [spelled(change.place) for change in bytecode.explain(first, second)]


def function(code: CodeType) -> CodeType:
    return next(constant for constant in code.co_consts if isinstance(constant, CodeType))


def with_constants(*constants: object) -> bytes:
    inner = function(CODE).replace(co_consts=constants)
    outer = [inner if isinstance(item, CodeType) else item for item in CODE.co_consts]
    return pyc(CODE.replace(co_consts=tuple(outer)))


def test_names_header_fields_of_each_invalidation_mode(tmp_path: Path) -> None:
    source = tmp_path / "a.py"
    source.write_text("x = 1\n")

    def build(mode: py_compile.PycInvalidationMode) -> bytes:
        path = py_compile.compile(str(source), str(tmp_path / "a.pyc"), invalidation_mode=mode)
        return Path(str(path)).read_bytes()

    modes = py_compile.PycInvalidationMode
    stamped, hashed = build(modes.TIMESTAMP), build(modes.UNCHECKED_HASH)
    size = len(source.read_bytes())
    assert changed("a.pyc", stamped, hashed) == {
        "pyc header flags": ("0 (timestamp)", "1 (unchecked hash)"),
        "pyc header mtime": (moment(int.from_bytes(stamped[8:12], "little")), ""),
        "pyc header source size": (str(size), ""),
        "pyc header source hash": ("", importlib.util.source_hash(source.read_bytes()).hex()),
    }


def test_names_time_in_the_header() -> None:
    one, other = (compiled(head=struct.pack("<III", 0, when, 4)) for when in (0, 60))
    assert changed("a", one, other) == {
        "pyc header mtime": ("0 (1970-01-01 00:00:00 UTC)", "60 (1970-01-01 00:01:00 UTC)")
    }


def test_names_a_path_once() -> None:
    assert changed("a", compiled(), compiled(path="/b/a.py")) == {
        "code object `<module>`, filename": ("'a.py'", "'/b/a.py'")
    }


def test_names_a_constant_of_a_function() -> None:
    one, other = with_constants(None, 2.5), with_constants(None, 3.5)
    assert changed("a", one, other) == {"code object `f`, constant 1": ("2.5", "3.5")}
    assert fields(with_constants(None, (1, 2)), with_constants(None, (1, 3))) == [
        "code object `f`, constant 1, item 1"
    ]
    assert fields(with_constants(None, 1), with_constants(None)) == ["code object `f`, constants"]
    assert fields(with_constants(None, 1 << 70), with_constants(None, -(1 << 70))) == [
        "code object `f`, constant 1"
    ]
    assert fields(with_constants(1 << 900), with_constants(b"x")) == ["code object `f`, constant 0"]
    long = fields(with_constants(1j, 1 << 900, ..., True), with_constants(2j, 1 << 901, ..., True))
    assert long == ["code object `f`, constant 0", "code object `f`, constant 1"]


def test_names_the_order_of_a_frozenset() -> None:
    one = with_constants(None, frozenset({"a", "b"}))
    at = next(i for i in range(len(one)) if one[i] & 0x7F == ord(">") and one[i + 1] == 2) + 5
    other = one[:at] + one[at + 3 : at + 6] + one[at : at + 3] + one[at + 6 :]
    assert fields(one, other)[0] == "code object `f`, constant 1, frozenset order"
    assert fields(one, with_constants(None, frozenset({"a", "c"})))[0] == (
        "code object `f`, constant 1, frozenset items"
    )


def test_names_the_reference_flag() -> None:
    def code(*, kept: bool) -> bytes:
        made = CODE.replace(co_consts=(*CODE.co_consts, float("2.5")))
        held = made.co_consts[-1] if kept else None
        data = pyc(made)
        del held
        return data

    label = f"code object `<module>`, constant {len(CODE.co_consts)}: reference flag (FLAG_REF)"
    assert changed("a", code(kept=True), code(kept=False)) == {label: ("set", "not set")}


def test_names_a_copy_where_the_other_has_a_reference() -> None:
    text, again = (str(b"some text", "ascii") for _ in range(2))
    assert "code object `f`, constant 1: reference flag (FLAG_REF)" in fields(
        with_constants(text, text, None), with_constants(text, again, None)
    )


def test_names_interning() -> None:
    one = with_constants("- " * 200)
    at = one.index(b"\x90\1\0\0- ") - 1
    other = one[:at] + bytes([one[at] ^ ord("a") ^ ord("A")]) + one[at + 1 :]
    assert fields(one, other) == ["code object `f`, constant 0: interning"]


def test_code_added_or_taken_out_is_matched_by_name() -> None:
    found = changed("a", compiled("def f(): return 1\n"), compiled("x = 7\ndef f(): return 2\n"))
    assert found["code object `f`, constant 1"] == ("1", "2")


def test_other_roots_are_compared_as_values() -> None:
    assert changed("a", pyc([1, {"k": (2, 3)}]), pyc([1, {"k": (2, 4)}]))[
        "item 1, value, item 1"
    ] == ("3", "4")
    assert fields(pyc([1]), pyc((1,)))[0] == ""
    deep: Any = 1
    for _ in range(8):
        deep = (deep, 2)
    assert fields(pyc([deep]), pyc([None])) == ["item 0"]
    inner = changed("a", pyc(CODE), pyc([1]))
    assert inner == {"code object `<module>`": ("code object `<module>`", "list(1)")}


def test_depth_of_comparison_is_bounded() -> None:
    one: Any = 1
    other: Any = 2
    for _ in range(70):
        one, other = (one,), (other,)
    assert fields(pyc(one), pyc(other)) == []


def old(constant: bytes) -> bytes:
    """Return a pyc of CPython 3.8, whose code objects have another layout."""
    empty, name = b"s\0\0\0\0", b"Z\1f"
    numbers = struct.pack("<6i", 0, 0, 0, 0, 1, 64)
    tuples = b")\1" + constant + b")\0" * 4
    body = b"c" + numbers + empty + tuples + b"z\4a.py" + name + struct.pack("<i", 1) + empty
    return struct.pack("<H", 3413) + b"\r\n" + bytes(12) + body


def test_reads_the_layout_before_3_11() -> None:
    assert changed("a.pyc", old(b"z\1x"), old(b"z\1y")) == {
        "code object `f`, constant 0": ("'x'", "'y'")
    }
    assert bytecode.header(old(b"N"))[1]["magic"] == "3413 (CPython 3.8)"


def test_reads_slices_of_3_14() -> None:
    assert changed("a", old(b":NNi\1\0\0\0"), old(b":NNi\2\0\0\0")) == {
        "code object `f`, constant 0, step": ("1", "2")
    }


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"\1\2\3\4" + bytes(12), "no pyc header"),
        (PYC + bytes(12) + b"?", "no marshal type"),
        (PYC + bytes(12) + b"r\1\0\0\0", "reference to object 1 of 0"),
        (PYC + bytes(12) + b"(\xff\xff\xff\x00N", "items in"),
        (PYC + bytes(12) + b")\1" * 200 + b"N", "deep"),
        (PYC + bytes(12) + b"u\1\0\0\0\xff", "decode"),
    ],
)
def test_damage_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        fields(data, compiled())


def test_a_reference_to_what_contains_it_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    itself = PYC + bytes(12) + b"\xdb\1\0\0\0r\0\0\0\0"
    assert fields(itself, pyc([1])) == ["item 0"]
    monkeypatch.setattr(bytecode, "LIMIT", 20)
    with pytest.raises(ValueError, match="more than 20"):
        fields(compiled(), compiled())
