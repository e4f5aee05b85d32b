import json
import math
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from harness.errors import InputError
from harness.shadow.core.answers import protocols
from harness.shadow.core.answers.answer import Reply
from harness.shadow.core.answers.comparison import compare, compare_arms, fields_of, general
from harness.shadow.core.answers.explanation import explain
from harness.shadow.core.answers.levels import (
    MAX_FLIPS,
    Difference,
    Flip,
    Kind,
    Level,
    Pattern,
    Rules,
    Tolerance,
)
from tests.binary import binary_reply
from tests.shadow.core.answers.test_literals import DOCUMENTS

RULES = Rules()


def reply(document: Any, outcome: str = "200") -> Reply:
    body = document if isinstance(document, str) else json.dumps(document)
    return Reply(outcome=outcome, body=body.encode())


def judged(left: Any, right: Any, rules: Rules = RULES) -> tuple[Level, list[Difference]]:
    return compare(reply(left), reply(right), protocols.JSON, rules)


def only(left: Any, right: Any, rules: Rules = RULES) -> Difference:
    _, (difference,) = judged(left, right, rules)
    return difference


def v2(data: Any, datatype: str = "FP64", shape: tuple[int, ...] | None = None) -> Reply:
    tensor = {"name": "y", "datatype": datatype, "shape": shape or [len(data)], "data": data}
    return reply({"outputs": [tensor]})


def only_v2(left: Reply, right: Reply, rules: Rules = RULES) -> Difference:
    _, (difference,) = compare(left, right, protocols.OPEN_INFERENCE, rules)
    return difference


def test_the_same_bytes_are_identical_whatever_they_are() -> None:
    assert judged("no JSON", "no JSON") == (Level.IDENTICAL, [])


@given(DOCUMENTS)
def test_order_of_keys_and_space_change_no_value(document: Any) -> None:
    pretty = json.dumps(document, sort_keys=True, indent=1)
    assert judged(json.dumps(document), pretty)[0] <= Level.EQUAL


@given(DOCUMENTS, DOCUMENTS)
def test_how_far_answers_differ_is_symmetric(left: Any, right: Any) -> None:
    assert judged(left, right)[0] is judged(right, left)[0]


def test_another_outcome_is_a_difference_of_its_own() -> None:
    level, (found,) = compare(reply({}), reply({}, "204"), protocols.JSON, RULES)
    assert (level, found.kind) == (Level.STRUCTURE, Kind.OUTCOME)


@pytest.mark.parametrize(
    ("left", "right", "kind"),
    [
        ({"a": 1, "b": 1}, {"b": 1}, Kind.MISSING),
        ({"b": 1}, {"a": 1, "b": 1}, Kind.EXTRA),
        ({"a": 1}, {"a": 1.0}, Kind.DATATYPE),
        ({"a": "1"}, {"a": 1}, Kind.DATATYPE),
        ({"a": [0.5]}, {"a": [0.5, 1]}, Kind.SHAPE),
        ({"a": 0.5}, {"a": math.nan}, Kind.NAN_FOR_NUMBER),
    ],
)
def test_structure_differs(left: Any, right: Any, kind: Kind) -> None:
    found = only(left, right)
    assert (found.field, found.level, found.kind) == ("a", Level.STRUCTURE, kind)
    assert found.distance == math.inf


@pytest.mark.parametrize(
    ("left", "right", "level"),
    [(1.0, 1.0 + 1e-10, Level.WITHIN), (1.0, 1.0 + 1e-8, Level.BEYOND), (0.0, -0.0, Level.WITHIN)],
)
def test_numbers_have_a_tolerance(left: float, right: float, level: Level) -> None:
    assert only({"a": left}, {"a": right}).level is level


def test_a_field_has_a_tolerance_of_its_own() -> None:
    rules = Rules(tolerances={"rows[].a": Tolerance(absolute=0.5)})
    found = only({"rows": [{"a": 0.25}]}, {"rows": [{"a": 0.5}]}, rules)
    assert (found.field, found.level) == ("rows[].a", Level.WITHIN)


def test_integers_are_labels_unless_they_have_a_tolerance() -> None:
    assert only({"a": [1, 2]}, {"a": [1, 3]}).flips == (
        Flip(row=1, first="2", second="3", margin=math.inf),
    )
    rules = Rules(tolerances={"a": Tolerance(absolute=1.0)})
    assert only({"a": [1, 2]}, {"a": [1, 3]}, rules).level is Level.WITHIN
    assert only({"a": [1, 2]}, {"a": [1, 4]}, rules).level is Level.BEYOND


def test_integers_above_two_to_the_53_keep_their_digits() -> None:
    left, right = 2**53, 2**53 + 1
    assert only({"a": left}, {"a": right}).level is Level.LABEL
    rules = Rules(tolerances={"a": Tolerance(absolute=0.5)})
    found = only({"a": left}, {"a": right}, rules)
    assert (found.level, found.distance) == (Level.BEYOND, 1)


def test_decimals_longer_than_a_doubles_keep_their_digits() -> None:
    found = only('{"a": 0.1000000000000000055}', '{"a": 0.1000000000000000056}')
    assert (found.level, found.kind) == (Level.WITHIN, Kind.DIGITS)
    assert found.distance == pytest.approx(1e-19)


@pytest.mark.parametrize(("left", "right"), [("0.10", "0.1"), ("1e1", "10.0"), ("1E-1", "0.1")])
def test_the_same_value_written_otherwise_is_equal(left: str, right: str) -> None:
    assert judged(f'{{"a": {left}}}', f'{{"a": {right}}}') == (Level.EQUAL, [])


def test_integers_too_long_to_work_with_differ_by_their_text() -> None:
    rules = Rules(tolerances={"a": Tolerance(relative=1.0)})
    found = only(f'{{"a": {"1" * 2000}}}', f'{{"a": {"1" * 2000}2}}', rules)
    assert (found.level, found.distance) == (Level.BEYOND, math.inf)


def test_a_distance_is_at_most_the_largest_double() -> None:
    rules = Rules(tolerances={"a": Tolerance(relative=1.0)})
    found = only(f'{{"a": {"9" * 400}}}', '{"a": 1}', rules)
    assert found.distance == sys.float_info.max


def test_float32_is_compared_as_such() -> None:
    assert compare(
        v2([0.1], "FP32"), v2([0.10000000149011612], "FP32"), protocols.OPEN_INFERENCE, RULES
    ) == (Level.EQUAL, [])
    assert only_v2(v2([0.1]), v2([0.10000000149011612])).level is Level.BEYOND


def test_flat_and_nested_data_are_equal() -> None:
    flat, nested = v2([1.5, 2], shape=(1, 2)), v2([[1.5, 2]], shape=(1, 2))
    assert compare(flat, nested, protocols.OPEN_INFERENCE, RULES) == (Level.EQUAL, [])


def test_texts_in_a_tensor_of_numbers_are_labels() -> None:
    assert only_v2(v2(["a", "b"]), v2(["a", "c"])).kind is Kind.LABEL


@pytest.mark.parametrize(
    ("rules", "flips"),
    [
        (RULES, 1),
        (Rules(scores=frozenset({"outputs.y"})), 1),
        (Rules(scores=frozenset({"outputs.z"})), 0),
    ],
)
def test_another_largest_probability_is_another_label(rules: Rules, flips: int) -> None:
    before, now = [0.2, 0.5, 0.3, 0.6, 0.4, 0.0], [0.2, 0.3, 0.5, 0.6, 0.4, 0.0]
    found = only_v2(v2(before, shape=(2, 3)), v2(now, shape=(2, 3)), rules)
    assert len(found.flips) == flips
    if flips:
        assert found.level is Level.LABEL
        assert found.flips[0].row == 0
        assert (found.flips[0].first, found.flips[0].second) == ("1", "2")
        assert found.flips[0].margin == pytest.approx(0.2)


def test_scores_that_are_no_probabilities_are_declared() -> None:
    before, now = v2([2.0, 1.0], shape=(1, 2)), v2([1.0, 2.0], shape=(1, 2))
    assert only_v2(before, now).flips == ()
    assert only_v2(before, now, Rules(scores=frozenset({"outputs.y"}))).level is Level.LABEL


def test_flips_that_are_told_are_bounded() -> None:
    many = MAX_FLIPS + 1
    assert len(only({"a": ["x"] * many}, {"a": ["y"] * many}).flips) == MAX_FLIPS
    before, now = [0.9, 0.1] * many, [0.1, 0.9] * many
    assert len(only_v2(v2(before, shape=(many, 2)), v2(now, shape=(many, 2))).flips) == MAX_FLIPS


def test_lost_precision_is_told_within_tolerance() -> None:
    rules = Rules(tolerances={"a": Tolerance(absolute=1e-3)})
    found = only({"a": [1 / 3, 2 / 3]}, {"a": [0.333333, 0.666667]}, rules)
    assert (found.level, found.pattern) == (
        Level.WITHIN,
        Pattern(name="rounded", parameter="6 digits"),
    )


def test_only_differing_values_are_converted_and_all_of_them_are_found() -> None:
    before = [float(n) for n in range(20)]
    found = only_v2(v2(before), v2([*before[:19], 20.0]))
    assert (found.level, found.distance) == (Level.BEYOND, 1.0)


def test_a_volatile_field_is_not_compared_nor_is_anything_below_it() -> None:
    rules = Rules(volatile=frozenset({"at", "rows[].took"}))
    left = {"at": {"day": 1}, "rows": [{"took": 1}], "athlete": 1}
    right = {"at": {"day": 2}, "rows": [{"took": 2}], "athlete": 2}
    assert only(left, right, rules).field == "athlete"


@pytest.mark.parametrize(
    ("left", "right", "kind"),
    [
        ({"id": "a"}, {}, Kind.MISSING),
        ({}, {"id": "a"}, Kind.EXTRA),
        ({"id": "a"}, {"id": None}, Kind.DATATYPE),
        ({"id": ["a"]}, {"id": ["b", "c"]}, Kind.SHAPE),
        ({"at": {"day": 1}}, {}, Kind.MISSING),
        ({}, {"at": {"hour": 1}}, Kind.EXTRA),
    ],
)
def test_of_a_volatile_field_presence_type_and_shape_are_compared(
    left: Any, right: Any, kind: Kind
) -> None:
    found = only({"x": 1, **left}, {"x": 1, **right}, Rules(volatile=frozenset({"id", "at"})))
    assert (found.field, found.kind) == (next(iter({**left, **right})), kind)


def test_a_volatile_number_may_be_whole_and_what_is_below_one_may_have_any_name() -> None:
    left, right = {"at": 1.5, "trace": {"a": 1}}, {"at": 2, "trace": {"b": "x", "c": 2}}
    replies = (reply(left), reply(left), reply(right))
    rules = Rules(volatile=frozenset({"at", "trace"}))
    assert compare_arms(replies, protocols.JSON, rules) == (Level.EQUAL, [], [])


def test_the_fields_of_a_reply_are_its_paths_without_indices() -> None:
    body = {"a": [{"b": 1}, {"b": 1, "c": 2}]}
    assert fields_of(reply(body), protocols.JSON) == {"a[].b", "a[].c"}


def test_paths_lose_their_indices() -> None:
    assert general('rows[0].a["b"][12]') == 'rows[].a["b"][]'


def test_arms_are_each_compared_to_the_first() -> None:
    arms = (reply({"a": 1.5}), reply({"a": 2.5}), reply({"a": "x"}))
    level, production, candidate = compare_arms(arms, protocols.JSON, RULES)
    assert level is Level.STRUCTURE
    assert ([each.level for each in production], [each.kind for each in candidate]) == (
        [Level.BEYOND],
        [Kind.DATATYPE],
    )


@pytest.mark.parametrize("value", [-1.0, math.inf, math.nan])
@given(name=st.sampled_from(["absolute", "relative"]))
def test_a_tolerance_is_finite_and_not_negative(value: float, name: str) -> None:
    with pytest.raises(InputError, match="tolerance"):
        Tolerance(**{name: value})


def long_answers(change: float, **others: object) -> tuple[Reply, Reply]:
    values = [1 / n for n in range(3, 60)]
    documents = ({"a": [x * by for x in values]} | others for by in (1.0, 1.0 + change))
    left, right = map(reply, documents)
    return left, right


@pytest.mark.parametrize(
    ("change", "level"), [(1e-10, Level.WITHIN), (1e-3, Level.BEYOND), (1e-14, Level.WITHIN)]
)
def test_answers_that_differ_throughout_are_judged_alike(change: float, level: Level) -> None:
    left, right = long_answers(change)
    found, (difference,) = compare(left, right, protocols.JSON, RULES)
    assert (found, difference.field, difference.kind) == (level, "a", Kind.VALUE)


def test_digits_are_looked_at_where_a_double_would_hide_them() -> None:
    left, right = long_answers(1e-3, b=0.5)
    other = Reply(outcome="200", body=right.body.replace(b"0.5}", b"0.50000000000000000001}"))
    _, found = compare(left, other, protocols.JSON, RULES)
    assert [(each.field, each.kind) for each in found] == [("a", Kind.VALUE), ("b", Kind.DIGITS)]


def test_integers_among_doubles_keep_their_tolerance() -> None:
    rules = Rules(tolerances={"outputs.y": Tolerance(absolute=1.0)})
    values = [1 / n for n in range(3, 60)]
    left, right = v2([1, *values], "INT64"), v2([2, *(value * 1.1 for value in values)], "INT64")
    assert only_v2(left, right, rules).level is Level.WITHIN


V2 = protocols.OPEN_INFERENCE
TYPES = {"FP16": "<f2", "FP32": "<f4", "FP64": "<f8"}


@pytest.mark.parametrize("datatype", TYPES)
@given(data=st.data())
def test_an_answer_in_json_equals_the_same_in_bytes(datatype: str, data: st.DataObject) -> None:
    values = data.draw(arrays.arrays(TYPES[datatype], st.integers(1, 4)))
    told = v2(values.tolist(), datatype)
    found = binary_reply(y=(datatype, values.shape, values.tobytes()))
    assert compare(told, found, V2, RULES) == (Level.EQUAL, [])


def test_texts_and_brain_floats_equal_those_of_json() -> None:
    text = "größe".encode()
    assert compare(
        v2(["größe"], "BYTES"),
        binary_reply(y=("BYTES", (1,), len(text).to_bytes(4, "little") + text)),
        V2,
        RULES,
    ) == (Level.EQUAL, [])
    half = (np.array([0.1, -3.5], "<f4").view("<u4") >> 16).astype("<u2")
    found = binary_reply(y=("BF16", (2,), half.tobytes()))
    assert compare(v2([0.1, -3.5], "BF16"), found, V2, RULES)[0] is Level.WITHIN
    assert compare(v2([0.099609375, -3.5], "BF16"), found, V2, RULES)[0] is Level.EQUAL


@pytest.mark.parametrize("datatype", TYPES)
def test_how_far_binary_values_lie_apart_is_as_numpy_says(datatype: str) -> None:
    code = TYPES[datatype]
    one = np.array([0.25, 1.0, 3.0], code)
    other = one.copy()
    other[1] = np.nextafter(one[1], np.array(2, code))
    left, right = (binary_reply(y=(datatype, (3,), each.tobytes())) for each in (one, other))
    rules = Rules(tolerances={"outputs.y": Tolerance()})
    (found,) = explain(left, right, V2, rules)
    assert (found.index, found.ulps) == (1, 1)
    assert found.difference.level is Level.BEYOND
    assert found.difference.distance == float(other[1]) - float(one[1])


def in_bytes(*tensors: tuple[str, tuple[int, ...], Any], rules: Rules = RULES) -> Difference:
    left, right = (binary_reply(y=(datatype, shape, bytes(y))) for datatype, shape, y in tensors)
    return only_v2(left, right, rules)


def test_a_binary_label_and_a_binary_class_are_seen() -> None:
    one, two = (("INT64", (1,), np.array([n], "<i8").tobytes()) for n in (1, 2))
    assert in_bytes(one, two).level is Level.LABEL
    scores = np.array([[0.6, 0.4], [0.3, 0.7]])
    swapped = ("FP64", (2, 2), scores[:, ::-1].tobytes())
    assert in_bytes(("FP64", (2, 2), scores.tobytes()), swapped).level is Level.LABEL


def test_binary_doubles_that_were_narrowed_are_seen_whatever_the_tolerance() -> None:
    values = np.linspace(0.1, 0.7, 9)
    pair = (("FP64", (9,), each.tobytes()) for each in (values, values.astype("f4").astype("f8")))
    rules = Rules(tolerances={"outputs.y": Tolerance(absolute=1.0)})
    pattern = in_bytes(*pair, rules=rules).pattern
    assert pattern is not None
    assert (pattern.name, pattern.parameter) == ("narrowed", "FP32")


def test_bytes_of_an_element_that_are_no_text_can_be_shown() -> None:
    pair = (("BYTES", (1,), b"\1\0\0\0" + each) for each in (b"\xff", b"\xfe"))
    (flip,) = in_bytes(*pair).flips
    assert (flip.first, flip.second) == ("\\udcff", "\\udcfe")


def test_the_same_bytes_with_and_without_the_header_are_not_the_same() -> None:
    with_header = binary_reply(y=("INT8", (1,), b"\1"))
    without = Reply(outcome="200", body=with_header.body)
    assert compare(with_header, without, V2, RULES)[0] is Level.STRUCTURE


def test_of_long_texts_a_finding_keeps_the_beginning_and_what_tells_them_apart() -> None:
    level, (found,) = judged("x" * 100_000 + "a", "x" * 100_000 + "b")
    (flip,) = found.flips
    assert level is Level.LABEL
    assert flip.first != flip.second
    assert max(len(flip.first), len(flip.second)) < 300
