import codecs
import csv
import io
import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.shadow.core.answers import protocols
from harness.shadow.core.answers.answer import Answer, Reply, read
from harness.shadow.core.answers.bodies import MAX_COLUMNS, MAX_DOCUMENTS, MAX_PARTS
from harness.shadow.core.answers.comparison import compare
from harness.shadow.core.answers.levels import Kind, Level, Rules, Tolerance
from harness.shadow.core.answers.tensor import Tensor

SSE, NDJSON, CSV = "text/event-stream", "application/x-ndjson", "text/csv; charset=utf-8"
TYPES = [
    SSE,
    NDJSON,
    CSV,
    "text/tab-separated-values",
    "multipart/mixed",
    "application/json; charset=latin-1",
    "application/problem+json",
    "text/html",
    "",
]


def reply(body: str | bytes, content_type: str = "") -> Reply:
    data = body if isinstance(body, bytes) else body.encode()
    headers = (("content-type", content_type),) if content_type else ()
    return Reply(outcome="200", body=data, headers=headers)


def fields(body: str | bytes, content_type: str = "") -> Answer:
    found = read(reply(body, content_type), protocols.JSON)
    return {name: value for name, value in found.items() if name != "header:content-type"}


def found(
    left: str | bytes, right: str | bytes, content_type: str, rules: Rules | None = None
) -> tuple[Level, list[tuple[str, Kind]]]:
    level, differences = compare(
        reply(left, content_type), reply(right, content_type), protocols.JSON, rules or Rules()
    )
    return level, [(each.field, each.kind) for each in differences]


def column(datatype: str, *data: Any) -> Tensor:
    return Tensor(datatype=datatype, shape=(len(data),), data=list(data))


def single(datatype: str, value: Any) -> Tensor:
    return Tensor(datatype=datatype, shape=(), data=[value])


# Event streams and lines of JSON.

CHAT = 'data: {"id": "%s", "delta": {"role": "model"}}\n\ndata: {"id": "%s", "text": "%s"}\n\n'


def test_events_are_documents_whose_fields_are_columns() -> None:
    stream = ': hello\n\nevent: token\nid: 1\ndata: {"p": 1, "t": "a"}\n\ndata:{"p": 0.5}\n\n'
    assert fields(f"{stream}data: [DONE]\n\n", SSE) == {
        "events[].event": column("string", "token"),
        "events[].id": column("string", "1"),
        "events[].data.p": column("number", b"1", b"0.5"),
        "events[].data.t": column("string", "a"),
        "events[].data": column("string", "[DONE]"),
        "events[]:fields": column(
            "fields",
            tuple((f"events[].{name}", ()) for name in ("data.p", "data.t", "event", "id")),
            (("events[].data.p", ()),),
            (("events[].data", ()),),
        ),
    }


def test_lines_of_several_data_are_one_and_may_end_in_any_way() -> None:
    for end in ("\n", "\r\n", "\r"):
        stream = end.join(["data: {", 'data: "a": 1}', "retry", "", ""])
        found = fields(stream, SSE)
        assert (found["events[].data.a"], found["events[].retry"]) == (
            column("integer", b"1"),
            column("string", ""),
        )


def test_random_ids_in_events_can_be_volatile_by_path() -> None:
    rules = Rules(volatile=frozenset({"events[].data.id"}))
    left, right = CHAT % ("a1", "a1", "yes"), CHAT % ("b2", "b2", "yes")
    assert found(left, right, SSE)[1] == [("events[].data.id", Kind.LABEL)]
    assert found(left, right, SSE, rules) == (Level.EQUAL, [])
    other = CHAT % ("b2", "b2", "no")
    assert found(left, other, SSE, rules) == (Level.LABEL, [("events[].data.text", Kind.LABEL)])


def test_an_event_more_is_another_structure() -> None:
    level, _ = found("data: 1\n\n", "data: 1\n\ndata: 1\n\n", SSE)
    assert level is Level.STRUCTURE


@pytest.mark.parametrize("cut", ["data: 1\n", "data: 1"])
def test_an_event_that_is_not_finished_is_another(cut: str) -> None:
    level, differing = found("data: 1\n\n", cut, SSE)
    assert level is Level.STRUCTURE
    assert ("events[].unfinished", Kind.EXTRA) in differing


def test_keep_alives_and_order_of_keys_are_no_difference() -> None:
    left, right = 'data: {"a": 1, "b": 2}\n\n', ': ping\n\ndata: {"b": 2, "a": 1}\n\n'
    assert found(left, right, SSE) == (Level.EQUAL, [])


@pytest.mark.parametrize("content_type", [NDJSON, "application/jsonl", "application/json", ""])
def test_lines_of_json_are_documents_with_tolerance(content_type: str) -> None:
    left = '{"p": 0.25, "q": "a"}\n{"p": 0.5}\n'
    right = '{"q": "a", "p": 0.25000000000000006}\r\n{"p": 0.5}'
    assert found(left, right, content_type) == (
        Level.WITHIN,
        [("lines[].p", Kind.VALUE)],
    )


def test_a_value_that_moves_to_another_line_is_a_difference() -> None:
    level, differing = found('{"a": 1}\n{"b": 1}\n', '{"b": 1}\n{"a": 1}\n', NDJSON)
    assert (level, differing) == (Level.LABEL, [("lines[]:fields", Kind.LABEL)])


def test_one_name_may_hold_several_types_of_values() -> None:
    assert fields('{"a": 1}\n{"a": "x"}\n{"a": 2}', NDJSON) == {
        "lines[].a": column("integer", b"1", b"2"),
        "lines[].a:string": column("string", "x"),
        "lines[].a:kinds": column("string", "number", "string", "number"),
        "lines[]:fields": column("fields", *[(("lines[].a", ()),)] * 3),
    }


@pytest.mark.parametrize(
    ("left", "right", "content_type", "field"),
    [
        ('{"a": 1}\n{"a": null}\n{"a": 2}', '{"a": 1}\n{"a": 2}\n{"a": null}', NDJSON, "lines[].a"),
        (
            "data: a\n\ndata: 5\n\ndata: b\n\n",
            "data: a\n\ndata: b\n\ndata: 5\n\n",
            SSE,
            "events[].data",
        ),
    ],
)
def test_values_of_other_kinds_in_another_order_are_a_difference(
    left: str, right: str, content_type: str, field: str
) -> None:
    assert found(left, right, content_type) == (Level.LABEL, [(f"{field}:kinds", Kind.LABEL)])


DECLARED = Rules(volatile=frozenset({"lines[].a"}))


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ('{"a": 1}\n{"a": null}\n{"a": 2}', '{"a": 1}\n{"a": 2}\n{"a": null}'),
        ('{"a": 1}\n{"a": null}\n{"a": 2}', '{"a": null}\n{"a": 2.5}\n{"a": null}'),
        ('{"a": "x"}\n{"a": true}', '{"a": true}\n{"a": "y"}'),
        ('{"a": {"x": 1}}\n{"a": {"y": "b"}}', '{"a": {"z": null}}\n{"a": {"y": [5, "c"]}}'),
        ('{"a": {"x": 1}}\n{"a": null}', '{"a": null}\n{"a": {"y": 2}}'),
    ],
)
def test_a_declared_field_of_a_stream_may_vary_in_all_its_columns(left: str, right: str) -> None:
    assert found(left, right, NDJSON)[0] > Level.EQUAL
    assert found(left, right, NDJSON, DECLARED) == (Level.EQUAL, [])


@pytest.mark.parametrize(
    ("right", "kind"),
    [
        ('{"a": null, "b": 1}\n{"a": null}', Kind.DATATYPE),
        ('{"a": 1, "b": 1}\n{"a": 2}', Kind.DATATYPE),
        ('{"a": 1, "b": 1}\n{"a": {"x": null}}', Kind.DATATYPE),
        ('{"b": 1}\n{}', Kind.MISSING),
    ],
)
def test_of_a_declared_field_of_a_stream_presence_and_types_are_compared(
    right: str, kind: Kind
) -> None:
    left = '{"a": 1, "b": 1}\n{"a": null}'
    assert ("lines[].a", kind) in found(left, right, NDJSON, DECLARED)[1]
    assert ("lines[].a", Kind.EXTRA if kind is Kind.MISSING else kind) in found(
        right, left, NDJSON, DECLARED
    )[1]


def test_what_is_not_declared_is_compared_beside_a_declared_field() -> None:
    left = '{"a": {"x": 1}, "b": 1}\n{"a": 1}'
    right = '{"a": {"y": 1}}\n{"a": 1, "b": 1}'
    assert found(left, right, NDJSON, DECLARED) == (
        Level.LABEL,
        [("lines[]:fields", Kind.LABEL)],
    )


def test_a_tolerance_holds_for_the_numbers_of_a_field_of_several_kinds() -> None:
    rules = Rules(tolerances={"lines[].a": Tolerance(absolute=0.5)})
    left, right = '{"a": "x"}\n{"a": 1.0}', '{"a": "x"}\n{"a": 1.25}'
    assert found(left, right, NDJSON)[1] == [("lines[].a:number", Kind.VALUE)]
    assert found(left, right, NDJSON, rules) == (Level.WITHIN, [("lines[].a:number", Kind.VALUE)])


def test_blanks_in_a_declared_column_of_a_table_may_move() -> None:
    rules = Rules(volatile=frozenset({"rows[].a"}))
    assert found("a,b\n1,1\n,2\n", "a,b\n,1\n7,2\n", CSV, rules) == (Level.EQUAL, [])
    assert found("a,b\n1,1\n,2\n", "a,b\n1,1\n7,2\n", CSV, rules)[0] is Level.STRUCTURE


def test_blanks_around_a_token_are_a_difference_and_around_an_object_none() -> None:
    assert found("data:  5\n\n", "data: 5\n\n", SSE)[0] is Level.STRUCTURE
    assert found("data:  {}\n\n", "data: {}\n\n", SSE) == (Level.EQUAL, [])


def test_a_line_that_is_no_json_is_text() -> None:
    assert fields("\x1e1\nno", "application/json-seq")["lines[]:string"] == column("string", "no")


def test_long_streams_keep_a_field_each() -> None:
    lines = "\n".join(f'{{"a{number % 7}": {number}, "b": 1}}' for number in range(4000))
    assert len(fields(lines, NDJSON)) == 9


# Tables.


def test_a_table_is_compared_by_columns() -> None:
    assert fields("name,score\r\na,0.5\r\nb,nan\r\n", CSV) == {
        "rows[]:columns": column("string", "name", "score"),
        "rows[]:delimiter": single("string", ","),
        "rows[].name": column("string", "a", "b"),
        "rows[].score": column("number", b"0.5", b"NaN"),
    }


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("x,y\n0.1,2.5\n", "x,y\n0.10000000000000002,2.5\n"),
        ("0.1,2.5\n0.2,2.5\n", "0.10000000000000002,2.5\r\n0.2,2.5\r\n"),
    ],
)
def test_numbers_of_a_table_have_tolerance(left: str, right: str) -> None:
    assert found(left, right, CSV)[0] is Level.WITHIN
    tabs = "text/tab-separated-values"
    level, _ = found(left.replace(",", "\t"), right.replace(",", "\t"), tabs)
    assert level is Level.WITHIN


def test_another_delimiter_is_a_difference() -> None:
    level, differing = found("a,b\n1,2\n", "a;b\n1;2\n", CSV)
    assert (level, differing) == (Level.LABEL, [("rows[]:delimiter", Kind.LABEL)])


def test_columns_may_be_separated_by_semicolons() -> None:
    assert fields("a;b\n0.1;2\n", CSV)["rows[].b"] == column("integer", b"2")


def test_a_column_has_the_tolerance_that_is_declared() -> None:
    rules = Rules(tolerances={"rows[].x": Tolerance(absolute=0.1)})
    assert found("x\n1.0\n", "x\n1.05\n", CSV) == (Level.BEYOND, [("rows[].x", Kind.VALUE)])
    assert found("x\n1.0\n", "x\n1.05\n", CSV, rules)[0] is Level.WITHIN


@pytest.mark.parametrize(
    ("left", "right", "field"),
    [
        ("x,y\n1.5,2.5\n", "y,x\n2.5,1.5\n", "rows[]:columns"),
        ("x,y\n1.5,2.5\n", "x,y\n1.5,\n", "rows[].y"),
        ("x,y\n1.5,a\n", "x,y\n1.5,b\n", "rows[].y"),
        ("x\n1.5\n\n2.5\n", "x\n1.5\n", "rows[].x"),
        ('x,y\n1.5,""\n2.5,3.5\n', "x,y\n1.5,NaN\n2.5,3.5\n", "rows[].y:empty"),
        ("x\n007\n", "x\n7\n", "rows[].x"),
    ],
)
def test_other_columns_rows_and_cells_are_differences(left: str, right: str, field: str) -> None:
    level, differing = found(left, right, CSV)
    assert level >= Level.LABEL
    assert field in {name for name, _ in differing}


def test_quotes_and_ends_of_lines_are_no_difference() -> None:
    assert found('"a","b"\n"x","1"\n', "a,b\r\nx,1\r\n", CSV) == (Level.EQUAL, [])


def test_columns_of_one_name_and_tables_without_rows_are_kept() -> None:
    assert fields("a,a\n", CSV) == {
        "rows[]:columns": column("string", "a", "a (again)"),
        "rows[]:delimiter": single("string", ","),
        "rows[].a": column("empty"),
        'rows[]["a (again)"]': column("empty"),
    }


@pytest.mark.parametrize("body", ["", "a,b\n1\n", 'a,"b\n', 'a,b\n1,"2"x\n'])
def test_what_is_no_table_is_text(body: str) -> None:
    assert fields(body, CSV) == {"body": single("text", body)}


@given(
    st.lists(
        st.tuples(
            st.floats(allow_nan=False, allow_infinity=False), st.text("ab\n,\"' \té", max_size=5)
        ),
        min_size=1,
        max_size=8,
    )
)
def test_any_table_that_a_writer_writes_is_read(rows: list[tuple[float, str]]) -> None:
    text = io.StringIO()
    csv.writer(text).writerows([("n", "t"), *rows])
    found = fields(text.getvalue(), CSV)
    assert [float(value) for value in found["rows[].n"].data] == [number for number, _ in rows]
    assert math.prod(found["rows[].t"].shape) == len(rows)


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ("data: 1\n\n" * (MAX_DOCUMENTS + 1), SSE),
        ("1\n" * (MAX_DOCUMENTS + 1), NDJSON),
        (",".join(["1"] * (MAX_COLUMNS + 1)), CSV),
    ],
)
def test_what_has_too_many_documents_or_columns_is_text(body: str, content_type: str) -> None:
    assert fields(body, content_type) == {"body": single("text", body)}


# Parts.

PARTS = (
    "--%s\r\nContent-Type: application/json\r\nContent-Disposition: form-data; name=scores\r\n\r\n"
    '{"a": 1.0, "b": 2}\r\n--%s\r\n\r\nplain\r\n--%s--\r\n'
)


def test_parts_are_compared_whatever_separates_them() -> None:
    left = PARTS % ("one", "one", "one")
    assert fields(left, "multipart/mixed") == {
        "parts.scores:content-type": single("string", "application/json"),
        "parts.scores:content-disposition": single("string", "form-data; name=scores"),
        "parts.scores.a": single("number", b"1.0"),
        "parts.scores.b": single("integer", b"2"),
        'parts["1"]:content-type': single("string", ""),
        'parts["1"]': single("text", "plain"),
    }
    right = PARTS.replace('"a": 1.0, "b": 2', '"b": 2, "a": 1.0') % ("two", "two", "two")
    assert found(left, right, "multipart/mixed") == (Level.EQUAL, [])


@pytest.mark.parametrize(
    ("now", "differing"),
    [
        ('--a\r\nContent-Disposition: form-data;filename=x;name="f"\r\n\r\n1\r\n--a--', []),
        (
            "--a\r\nContent-Disposition: form-data; name=f; filename=y\r\n\r\n1\r\n--a--",
            [("parts.f:content-disposition", Kind.LABEL)],
        ),
        (
            "--a\r\nContent-Disposition: form-data; name=f; filename=x\r\n\r\n1\r\n--a",
            [("parts:unfinished", Kind.EXTRA)],
        ),
    ],
)
def test_names_of_files_and_the_end_of_parts_are_compared(
    now: str, differing: list[tuple[str, Kind]]
) -> None:
    body = '--a\r\nContent-Disposition: form-data; name="f"; filename="x"\r\n\r\n1\r\n--a--'
    assert found(body, now, "multipart/form-data")[1] == differing


def test_parts_of_parts_are_bytes_and_headless_ones_text() -> None:
    inner = "--b\r\n\r\nx\r\n--b--"
    body = f"--a\r\nContent-Type: multipart/mixed\r\n\r\n{inner}\r\n--a\r\nno head\r\n--a--"
    found = fields(body, "multipart/form-data")
    assert found['parts["0"]'] == single("bytes", inner.encode())
    assert found['parts["1"]'] == single("text", "no head")


@pytest.mark.parametrize("body", ["no parts", "--a" + "\r\nx\r\n--a" * (MAX_PARTS + 1)])
def test_what_has_no_parts_or_too_many_is_text(body: str) -> None:
    assert fields(body, "multipart/mixed") == {"body": single("text", body)}


# Charsets, and what is not JSON.


@pytest.mark.parametrize(
    ("charset", "written"),
    [
        ("utf-8", "utf-8"),
        ("latin-1", "latin-1"),
        ("ISO-8859-1", "latin-1"),
        ('"shift_jis"', "shift_jis"),
        ("utf-16", "utf-16"),
        ("utf-8", "utf-16-le"),
        ("made-up", "utf-32"),
    ],
)
def test_json_is_read_in_its_charset(charset: str, written: str) -> None:
    text = "é" if written == "latin-1" else "日本" if written != "utf-8" else "é日"
    body = json.dumps({"a": text}, ensure_ascii=False).encode(written)
    assert fields(body, f"application/json; charset={charset}")["a"] == single("string", text)


@pytest.mark.parametrize(
    ("body", "content_type"),
    [(b"{}", ""), (b"a,b\n1,2", CSV), (b"{}\n{}", NDJSON), (b"data: 1", SSE), (b"x", "text/plain")],
)
def test_a_byte_order_mark_is_a_difference_of_its_own(body: bytes, content_type: str) -> None:
    assert found(body, codecs.BOM_UTF8 + body, content_type) == (
        Level.STRUCTURE,
        [("body:byte order mark", Kind.EXTRA)],
    )


def test_suffixes_and_strangers_are_read_as_json() -> None:
    for content_type in ("application/problem+json", "text/plain", "application/vnd.api+json"):
        assert fields('{"a": NaN}', content_type) == {"a": single("number", b"NaN")}


def test_a_page_in_place_of_json_is_another_structure() -> None:
    level, differing = found('{"a": 1}', "<html>\n<p>error</html>", "text/html")
    assert level is Level.STRUCTURE
    assert differing == [("a", Kind.MISSING), ("body", Kind.EXTRA)]


def test_bytes_that_are_no_text_are_bytes() -> None:
    assert fields(b"\x89PNG\xff", "image/png") == {"body": single("bytes", b"\x89PNG\xff")}


def test_lines_in_brackets_that_are_no_json_are_text() -> None:
    assert fields("[one]\n[two]") == {"body": single("text", "[one]\n[two]")}


@given(st.binary(max_size=60), st.sampled_from(TYPES), st.booleans())
def test_any_bytes_of_any_type_are_read(body: bytes, content_type: str, as_doubles: bool) -> None:
    assert read(reply(body, content_type), protocols.JSON, as_doubles=as_doubles)


@given(st.text('{}[]",:-;=\r\n \x1eadte1.', max_size=60), st.sampled_from(TYPES))
def test_any_text_of_any_type_equals_itself_alone(body: str, content_type: str) -> None:
    assert compare(
        reply(body, content_type), reply(body, content_type), protocols.JSON, Rules()
    ) == (Level.IDENTICAL, [])
    assert fields(body, content_type)
