import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import IntegrityError
from harness.store.core.derivation import Derivation, Output, parse_derivation

_SMALLEST = b'Derive([("out","/nix/store/x-a","","")],[],[],"x86_64-linux","/b",[],[])'


def _quoted(text: str) -> str:
    escapes = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
    return '"' + "".join(escapes.get(letter, letter) for letter in text) + '"'


def _listed(items: list[str]) -> str:
    return f"[{','.join(items)}]"


def _written(one: Derivation) -> bytes:
    """The text as Nix writes it; the reader's counterpart, for round trips only."""
    outputs = [
        f"({','.join(map(_quoted, (name, o.path, o.hash_algorithm, o.hash)))})"
        for name, o in one.outputs.items()
    ]
    inputs = [
        f"({_quoted(path)},{_listed([_quoted(name) for name in names])})"
        for path, names in one.inputs.items()
    ]
    variables = [f"({_quoted(name)},{_quoted(value)})" for name, value in one.environment.items()]
    fields = [
        _listed(outputs),
        _listed(inputs),
        _listed([_quoted(path) for path in one.sources]),
        _quoted(one.system),
        _quoted(one.builder),
        _listed([_quoted(word) for word in one.arguments]),
        _listed(variables),
    ]
    return f"Derive({','.join(fields)})".encode("utf-8", errors="surrogateescape")


_TEXT = st.binary(max_size=12).map(lambda data: data.decode("utf-8", errors="surrogateescape"))
_OUTPUT = st.builds(Output, path=_TEXT, hash_algorithm=_TEXT, hash=_TEXT)
_DERIVATION = st.builds(
    Derivation,
    outputs=st.dictionaries(_TEXT, _OUTPUT, max_size=3),
    inputs=st.dictionaries(_TEXT, st.lists(_TEXT, max_size=3).map(tuple), max_size=3),
    sources=st.lists(_TEXT, max_size=3).map(tuple),
    system=_TEXT,
    builder=_TEXT,
    arguments=st.lists(_TEXT, max_size=3).map(tuple),
    environment=st.dictionaries(_TEXT, _TEXT, max_size=3),
)


@given(_DERIVATION)
def test_reads_what_nix_writes(derivation: Derivation) -> None:
    assert parse_derivation(_written(derivation), "x.drv") == derivation


@given(st.binary(max_size=80) | st.text('Derive([",\\])', max_size=60).map(str.encode))
def test_whatever_is_no_derivation_is_refused_at_an_offset(data: bytes) -> None:
    with pytest.raises(IntegrityError, match=r"^x\.drv: "):
        parse_derivation(data, "x.drv")


@given(_DERIVATION, st.data())
def test_a_cut_text_is_refused(derivation: Derivation, data: st.DataObject) -> None:
    text = _written(derivation)
    end = data.draw(st.integers(0, len(text) - 1))
    with pytest.raises(IntegrityError, match=r"^x\.drv: expected "):
        parse_derivation(text[:end], "x.drv")


def test_text_after_the_derivation_is_refused() -> None:
    with pytest.raises(IntegrityError, match=r"x\.drv: more text at 72"):
        parse_derivation(_SMALLEST + b" ", "x.drv")


def test_what_is_named_twice_is_refused() -> None:
    twice = _SMALLEST.replace(b"[],[],", b'[("/a.drv",["out"]),("/a.drv",["doc"])],[],', 1)
    with pytest.raises(IntegrityError, match=r"x\.drv: names one input twice"):
        parse_derivation(twice, "x.drv")


def test_more_than_the_bound_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.store.core.derivation._LARGEST", len(_SMALLEST) - 1)
    with pytest.raises(IntegrityError, match="at most 71 are read"):
        parse_derivation(_SMALLEST, "x.drv")


def test_a_million_unclosed_brackets_cost_no_stack() -> None:
    with pytest.raises(IntegrityError, match="expected"):
        parse_derivation(b"Derive([" + b"(" * 10**6, "x.drv")


def _with_output(path: str, algorithm: str, digest: str) -> Derivation:
    text = json.dumps(["out", path, algorithm, digest])[1:-1].replace(", ", ",")
    return parse_derivation(_SMALLEST.replace(b'"out","/nix/store/x-a","",""', text.encode()), "x")


def test_an_ordinary_output_has_a_path_and_no_hash() -> None:
    ordinary = _with_output("/nix/store/x-a", "", "")
    assert not ordinary.is_fixed
    assert not ordinary.is_floating


def test_an_output_named_by_its_hash_is_an_input() -> None:
    fixed = _with_output("/nix/store/x-a", "r:sha256", "00")
    assert fixed.is_fixed
    assert not fixed.is_floating


@pytest.mark.parametrize(
    ("path", "algorithm", "digest"),
    [("", "r:sha256", ""), ("", "r:sha256", "impure"), ("", "", "")],
    ids=["content-addressed", "impure", "depends on a content-addressed one"],
)
def test_an_output_whose_path_comes_later_floats(path: str, algorithm: str, digest: str) -> None:
    floating = _with_output(path, algorithm, digest)
    assert floating.is_floating
    assert not floating.is_fixed


@pytest.mark.parametrize(
    ("builder", "url", "output", "expected"),
    [
        ("builtin:fetchurl", "run: harness fetch", ("sha256", "0"), False),
        ("builtin:fetchurl", "https://host/a", ("sha256", "0"), True),
        ("/bin/sh", "run: harness fetch", ("sha256", "0"), True),
        ("/bin/sh", "https://host/a", ("", ""), False),
    ],
)
def test_a_builder_of_a_fixed_output_has_a_network_unless_it_is_our_input(
    builder: str, url: str, output: tuple[str, str], expected: bool
) -> None:
    derivation = Derivation(
        outputs={"out": Output(path="/nix/store/0-a", hash_algorithm=output[0], hash=output[1])},
        inputs={},
        sources=(),
        system="builtin",
        builder=builder,
        arguments=(),
        environment={"url": url},
    )
    assert derivation.has_network is expected
