"""Notebooks: parts named by cell and output."""

import json
from typing import Any

import pytest

from harness.formats.documents import notebooks as reader
from tests.formats.containers import cell, notebook
from tests.formats.seeds import changed


def found(first: list[dict[str, Any]], second: list[dict[str, Any]]) -> dict[str, tuple[str, str]]:
    return changed("a.ipynb", notebook(*first), notebook(*second))


def stream(text: str) -> dict[str, Any]:
    return {"output_type": "stream", "name": "stdout", "text": text}


def result(**data: Any) -> dict[str, Any]:
    kinds = {name.replace("_", "/"): value for name, value in data.items()}
    return {"output_type": "display_data", "data": kinds, "metadata": {}}


def test_names_source_count_metadata_and_identifier() -> None:
    assert found([cell()], [cell(source="x = 2")]) == {"cell 1 source: line 1, word 3": ("1", "2")}
    assert found([cell()], [cell(execution_count=None)]) == {
        "cell 1 execution_count": ("1", "null")
    }
    assert list(found([cell(), cell()], [cell(), cell(id="b", metadata={"tags": []})])) == [
        "cell 2 id",
        "cell 2 metadata.tags",
    ]
    assert list(changed("a.ipynb", notebook(a="1"), notebook(a="2"))) == ["notebook metadata.a"]


def test_looks_into_outputs() -> None:
    assert found([cell(count=1)], [cell(count=2)]) == {
        "cell 1 output 2 image/png: PNG tEXt Software": ("1", "2")
    }
    assert found([cell(outputs=[stream("a b")])], [cell(outputs=[stream("a c")])]) == {
        "cell 1 output 1 text: line 1, word 2": ("b", "c")
    }
    pair = [cell(outputs=[result(application_json={"n": n})]) for n in (1, 2)]
    assert list(found(pair[:1], pair[1:])) == ["cell 1 output 1 application/json: $.n"]


def test_an_image_that_is_not_in_base_64_is_text() -> None:
    pair = [cell(outputs=[result(image_png=text)]) for text in ("?1 a", "?1 b")]
    assert list(found(pair[:1], pair[1:])) == ["cell 1 output 1 image/png: line 1, word 3"]


def test_names_outputs_and_parts_of_one_side() -> None:
    pair = [cell(outputs=[stream("a"), stream("b")][:count]) for count in (1, 2)]
    assert found(pair[:1], pair[1:])["cell 1 output 2 text"] == ("", "b")
    pair = [cell(outputs=[result(**{kind: "x"})]) for kind in ("text_plain", "text_html")]
    assert found(pair[:1], pair[1:]) == {
        "cell 1 output 1 text/plain": ("x", ""),
        "cell 1 output 1 text/html": ("", "x"),
    }


def test_matches_cells_by_source_when_one_side_has_more() -> None:
    one, two = cell(source="a"), cell(source="b")
    again = cell(source="b", execution_count=7)
    assert list(found([two], [one, again])) == ["cell 1 of the second", "cell 1 execution_count"]
    assert found([one, two], [two]) == {"cell 1": ("a", "")}


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ([], "no object"),
        ({}, "no list"),
        ({"cells": [1]}, "no object"),
        ({"cells": [{"outputs": 1}]}, "no list"),
        ({"cells": [{"outputs": [1]}]}, "no object"),
        ({"cells": [{"outputs": [{"data": 1}]}]}, "no object"),
    ],
)
def test_what_is_no_notebook_is_refused(document: object, reason: str) -> None:
    content = json.dumps(document).encode()
    with pytest.raises(ValueError, match=reason):
        list(reader.explain(content, content))
