"""JSON and TOML by path."""

import json

import pytest

from harness.formats.documents import structured as reader
from harness.formats.wording import spelled
from tests.formats.seeds import changed


def test_names_the_path_of_a_value() -> None:
    assert changed("a.json", b'{"a b": [1, {"c": null}]}', b'{"a b": [1, {"c": true}]}') == {
        '$["a b"][1].c': ("null", "true")
    }
    assert changed("a.json", b'{"a": "1"}', b'{"a": 1}') == {"$.a": ('"1"', "1")}
    assert changed("a.json", b'{"a": [1]}', b'{"a": {}}') == {"$.a": ("[1]", "{}")}


def test_numbers_differ_by_how_they_are_written() -> None:
    assert changed("a.json", b"[1.0]", b"[1e0]") == {"$[0]": ("1.0", "1e0")}
    assert changed("a.toml", b"a = 1.0", b"a = 1.00") == {"$.a": ("1.0", "1.00")}


def test_names_keys_of_one_side_and_their_order() -> None:
    assert changed("a.json", b'{"a": 1, "b": 2}', b'{"b": 2, "a": 1, "c": 3}') == {
        "$: key order": ("a, b", "b, a"),
        "$.c": ("", "3"),
    }
    assert changed("a.json", b'{"a": 1, "a": 2}', b'{"a": 1, "a": 3}') == {'$["a (2)"]': ("2", "3")}


def test_names_items_put_into_a_list() -> None:
    assert changed("a.json", b"[1, 3]", b"[1, 2, 3]") == {
        "$: length": ("2", "3"),
        "$[1]": ("", "2"),
    }


def test_dates_of_toml_are_compared() -> None:
    first, second = b"a = 2024-01-01", b"a = 2024-01-02"
    assert list(changed("a.toml", first, second)) == ["$.a"]


def test_depth_and_size_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match="more than 100 deep"):
        list(reader.explain_json(b"[" * 101, b"1"))
    monkeypatch.setitem(reader._LIMITS, "JSON", 2)
    with pytest.raises(ValueError, match="more than 2"):
        list(reader.explain_json(b"[1]", b"1"))


def test_two_decoded_values_are_walked_as_deep_as_texts_may_be() -> None:
    first: object = 1
    second: object = 2
    for _ in range(110):
        first, second = [first], [second]
    assert list(reader.walk(first, second)) == []


def test_a_list_in_another_order_is_one_change() -> None:
    items = [{"id": number} for number in range(300)]
    first, second = (json.dumps(order).encode() for order in (items, items[::-1]))
    ((field, (one, other)),) = changed("a.json", first, second).items()
    assert field == "$: order"
    assert one.startswith("{'id': 0}")
    assert other.startswith("{'id': 299}")


def test_each_place_of_a_long_text_is_told() -> None:
    words = [f"word{number}" for number in range(100)]
    other = [*words]
    other[10], other[90] = "x", "y"
    first, second = (json.dumps(" ".join(text)).encode() for text in (words, other))
    assert changed("a.json", first, second) == {
        "$, word 12": ("word10", "x"),
        "$, word 92": ("word90", "y"),
    }


def test_keys_that_look_alike_are_told_apart() -> None:
    found = [spelled(change.place) for change in reader.walk({"pay": 1}, {"p\u0430y": 1})]
    assert found == ["$.pay", "$.p\u0430y (U+0430)"]
