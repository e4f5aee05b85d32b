import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import InputError
from harness.record.core.exchange import Exchange
from harness.record.core.importers import cloud_events, event_display
from harness.record.core.importers.event_display import structured
from harness.record.core.importers.found import LeftOut

# As KServe's page on its inference logger shows it: the answer was printed first.
PRINTED = """\
2023/04/05 07:39:50 Failed to read tracing config, using the no-op default: empty
☁️  cloudevents.Event
Validation: valid
Context Attributes,
  specversion: 1.0
  type: org.kubeflow.serving.inference.response
  source: http://localhost:9081/
  id: 689b15e7-84a1-4e89-9805-20809efc216d
  time: 2023-04-05T07:39:53.505997782Z
  datacontenttype: application/json
Extensions,
  component: predictor
  endpoint:
  inferenceservicename: sklearn-iris
  namespace: default
Data,
  {
    "predictions": [
      1,
      1.50
    ]
  }


☁️  cloudevents.Event
Validation: valid
Context Attributes,
  specversion: 1.0
  type: org.kubeflow.serving.inference.request
  source: http://localhost:9081/
  id: 689b15e7-84a1-4e89-9805-20809efc216d
  time: 2023-04-05T07:39:53.501752983Z
  datacontenttype: application/x-www-form-urlencoded
Extensions,
  component: predictor
  endpoint:
  inferenceservicename: sklearn-iris
  namespace: default
Data,
  {"instances": [[6.8,  2.80,  4.8,  1.4],[6.0,  3.4,  4.5,  1.6]]}
"""


def _lines(text: str) -> list[bytes]:
    return text.encode().splitlines(keepends=True)


def _printed(data: bytes, **attributes: str) -> list[bytes]:
    head = "".join(f"  {name}: {value}\n" for name, value in attributes.items())
    text = f"☁️  cloudevents.Event\nContext Attributes,\n{head}Data,\n  ".encode() + data + b"\n"
    return text.splitlines(keepends=True)


def test_printed_events_are_a_request_and_its_answer() -> None:
    other, found = cloud_events.exchanges(_lines(PRINTED), "log")
    assert isinstance(other, LeftOut)
    assert isinstance(found, Exchange)
    assert found.request.target == "/v1/models/sklearn-iris:predict"
    assert found.request.body.startswith(b'{"instances": [[6.8,  2.80,')
    assert found.response
    assert json.loads(found.response.body) == {"predictions": [1, 1.5]}
    assert b"1.50" in found.response.body


def test_events_have_the_number_of_their_first_line() -> None:
    assert [number for number, _ in structured(_lines(PRINTED), "log")] == [1, 2, 25]


def _event(lines: list[bytes]) -> Any:
    ((_, line),) = structured(lines, "log")
    assert b"\n" not in line
    return json.loads(line)


@given(
    st.recursive(st.none() | st.integers() | st.text(st.characters(codec="utf-8")), st.lists),
    st.integers(0, 3),
)
def test_json_stays_what_it_is_however_it_is_printed(value: Any, indent: int) -> None:
    event = _event(_printed(json.dumps(value, indent=indent, ensure_ascii=False).encode(), id="1"))
    assert event == {"specversion": "1.0", "id": "1", "data": value}


def test_data_that_is_no_json_survives() -> None:
    for data in (b"\x00\xff\n  a\n", b"a,b\n1,2\n", b""):
        event = _event(_printed(data))
        assert set(event) == {"specversion", "data_base64"}
        decoded = cloud_events.exchanges([json.dumps(event).encode()], "log")
        assert len(list(decoded)) == 1


def test_an_event_without_data_has_none() -> None:
    assert _event(_lines("☁️  cloudevents.Event\nContext Attributes,\n  id: a:b\n")) == {
        "specversion": "1.0", "id": "a:b", "data_base64": "",
    }  # fmt: skip


def test_an_event_beyond_bounds_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_display, "MAX_LINE", 60)
    with pytest.raises(InputError, match="the event of line 1 has over 60 bytes"):
        list(cloud_events.exchanges(_printed(b"[\n" * 60), "log"))


@given(st.lists(st.sampled_from([*_lines(PRINTED), b"\xff\n", b"Data,\n"])))
def test_no_print_breaks_the_reader(lines: list[bytes]) -> None:
    for number, _ in structured(lines, "log"):
        assert number > 0
