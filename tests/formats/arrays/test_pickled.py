"""pickles of every protocol, and files laid out as joblib does. Nothing is loaded."""

import pickle
import struct
from fractions import Fraction

import pytest

from harness.formats.arrays import pickled
from harness.formats.wording import spelled
from tests.formats.seeds import changed


class Model:
    """Has attributes, as an estimator does."""

    def __init__(self, **attributes: object) -> None:
        self.__dict__.update(attributes)


class Bomb:
    """Raises when a pickle of it is loaded."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return exec, ("raise SystemExit",)


def fields(first: bytes, second: bytes) -> list[str]:
    return [spelled(change.place) for change in pickled.explain(first, second)]


@pytest.mark.parametrize("protocol", range(6))
def test_names_the_attribute_and_its_class(protocol: int) -> None:
    one, other = (pickle.dumps(Model(a=1, n_jobs=n), protocol) for n in (2, 3))
    ((field, values),) = changed("model.pkl", one, other).items()
    assert field.endswith(f"{__name__}.Model.n_jobs")
    assert values == ("2", "3")


def test_names_the_memo() -> None:
    assert fields(pickle.dumps(["a", "b"], 4), pickle.dumps(["a", "c"], 4)) == [
        "pickle opcode 6 (SHORT_BINUNICODE), memo 2"
    ]


def test_names_classes_and_kinds_that_differ() -> None:
    one, other = pickle.dumps(Fraction(1, 3), 2), pickle.dumps(Fraction(2, 3), 2)
    assert len(fields(one, other)) == 1
    assert changed("a.pkl", pickle.dumps(1, 4), pickle.dumps(None, 4)) == {
        "pickle opcode 1 (BININT1)": ("BININT1 1", "NONE")
    }
    assert changed("a.pkl", pickle.dumps(complex, 2), pickle.dumps(bytearray, 2)) == {
        "pickle opcode 1 (GLOBAL), memo 0": ("__builtin__.complex", "__builtin__.bytearray")
    }


@pytest.mark.parametrize("protocol", [2, 4])
@pytest.mark.parametrize("kind", [set, frozenset])
def test_names_the_order_of_a_set(protocol: int, kind: type) -> None:
    one = pickle.dumps(kind(["alpha", "gamma"]), protocol)
    other = one.replace(b"alpha", b"#####").replace(b"gamma", b"alpha").replace(b"#####", b"gamma")
    (field,) = fields(one, other)
    assert field.endswith("set order")


def test_added_items_are_named() -> None:
    one, other = pickle.dumps([1, 2], 4), pickle.dumps([1, 2, 3], 4)
    assert changed("a.pkl", one, other) == {"pickle opcode 6 (APPENDS)": ("", "BININT1 3")}
    assert fields(one, one[:-1] + b"0N.") == ["pickle opcode 7 (STOP)"]


def test_looks_into_long_texts_and_bytes() -> None:
    one, other = (pickle.dumps(["x" * 300, end * 2]) for end in ("a", "b"))
    assert len(fields(one, other)) == 1
    one, other = (pickle.dumps("x " * 200 + end) for end in "ab")
    (field,) = fields(one, other)
    assert field.endswith("line 1, word 201")
    one, other = (pickle.dumps(struct.pack("<3d", 1, 2, x)) for x in (0.1, 0.1 + 2**-56))
    assert any("float64 at 0x10 differs by 1 ULP" in field for field in fields(one, other))
    one, other = (pickle.dumps("x" * 300 + end, 0) for end in "ab")
    assert len(fields(one, other)) == 1


def test_nothing_is_executed() -> None:
    one, other = pickle.dumps(Bomb()), pickle.dumps([Bomb(), 1])
    assert fields(one, other)


def test_memo_references_are_followed() -> None:
    name = "n_jobs"
    one, other = (pickle.dumps([Model(n_jobs=1), {name: 1, "x": n}], 4) for n in (1, 2))
    assert fields(one, other)[0].endswith(", x")


def test_bytes_after_the_pickle_are_compared() -> None:
    one = pickle.dumps(1)
    assert fields(one + b"a b", one + b"a c") == ["bytes after the pickle: line 1, word 2"]


def text(value: str) -> bytes:
    return b"\x8c" + bytes([len(value)]) + value.encode()


def number(value: object) -> bytes:
    return b"K" + bytes([value]) if isinstance(value, int) else text(str(value))


def joblib(
    data: bytes,
    *,
    dtype: str = "f8",
    shape: tuple[object, ...] = (2,),
    aligned: bool = True,
    after: int = 1,
) -> bytes:
    """Return what joblib writes for {"w": array, "k": after}, without NumPy's help."""
    state = text("shape") + b"(" + b"".join(map(number, shape)) + b"t"
    state += text("dtype") + text("numpy") + text("dtype") + b"\x93" + text(dtype) + b"\x85R"
    state += text("numpy_array_alignment_bytes") + (b"K\x10" if aligned else b"N")
    wrapper = text("joblib.numpy_pickle") + text("NumpyArrayWrapper") + b"\x93)\x81"
    raw = (b"\3\xff\xff\xff" if aligned else b"") + data
    body = text("w") + wrapper + b"}(" + state + b"ub" + raw + text("k") + number(after)
    return b"\x80\4}(" + body + b"u."


def test_raw_arrays_of_joblib_are_stepped_over_and_compared() -> None:
    one, other = (struct.pack("<2d", 1, x) for x in (0.1, 0.1 + 2**-56))
    for aligned in (True, False):
        found = fields(joblib(one, aligned=aligned), joblib(other, aligned=aligned, after=2))
        assert found[1].endswith("(raw array), w: float64 at 0x8 differs by 1 ULP")
        assert found[2].endswith(", k")
    assert len(fields(joblib(b"a\0\0\0" * 4, dtype="U2"), joblib(b"b\0\0\0" * 4, dtype="U2"))) >= 1


def test_object_arrays_of_joblib_are_pickles_inside() -> None:
    one, other = (
        joblib(pickle.dumps([n], 2), dtype="O8", aligned=False, after=n + 5) for n in (1, 2)
    )
    assert len(fields(one, other)) == 2


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"\x80\4", "STOP"),
        (b"\x80\4R.", "more from the stack"),
        (b"\x80\4u.", "mark"),
        (b"\x80\4(R.", "more from the stack"),
        (joblib(bytes(16), dtype="??"), "without a shape"),
        (joblib(bytes(16), shape=("x",)), "no size"),
        (joblib(bytes(4), shape=(255, 255)), "wanted"),
        (b"c" + b"x" * 9, "no b"),
    ],
)
def test_damage_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        fields(data, pickle.dumps(1))


def test_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pickled, "_OPCODES", 2)
    with pytest.raises(ValueError, match="more than 2 opcodes"):
        fields(pickle.dumps([1]), pickle.dumps([1]))
    monkeypatch.setattr(pickled, "LIMIT", 2)
    with pytest.raises(ValueError, match="more than 2 is"):
        fields(pickle.dumps([1]), pickle.dumps([1]))


def test_what_comes_after_the_last_opcode_of_the_first_is_named() -> None:
    longer = joblib(b"K\1.", dtype="O8", aligned=False)
    assert fields(b"K\1.", longer)[-1] == "pickle end"


def test_names_values_of_keys_that_are_no_texts() -> None:
    assert changed("a.pkl", pickle.dumps({1: "a"}, 4), pickle.dumps({1: "b"}, 4)) == {
        "pickle opcode 4 (SHORT_BINUNICODE), memo 1": ("a", "b")
    }


def test_sets_beside_other_changes_give_no_change_of_equal_values() -> None:
    one = b"\x80\4](\x8f(K\0K\1\x90K\3\x8f(K\0K\1\x90\x8f(K\3K\2K\1K\0\x90e."
    other = b"\x80\4](K\0K\0\x8f(K\1K\0\x90\x8f(K\1K\0\x90e."
    found = list(pickled.explain(one, other))
    assert spelled(found[0].place).endswith("set order")
    assert all(change.texts[0] != change.texts[1] for change in found)
