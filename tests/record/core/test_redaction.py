import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import InputError
from harness.record.core.exchange import Exchange, Request, Response
from harness.record.core.redaction import Fields, decode_fields, redacted, unseen
from tests.exchanges import exchanges


def _exchange(
    body: bytes = b"",
    *,
    target: str = "/",
    headers: tuple[tuple[str, str], ...] = (),
    answer: bytes | None = None,
) -> Exchange:
    request = Request(method="POST", target=target, headers=headers, body=body)
    response = None
    if answer is not None:
        response = Response(status=200, headers=headers, body=answer)
    return Exchange(number=0, at=0.0, request=request, response=response)


def _kept(body: str, *fields: str) -> str | None:
    kept = redacted(_exchange(body.encode()), decode_fields(fields))
    return kept.request.body.decode() if kept else None


@pytest.mark.parametrize(
    "name",
    [
        "Authorization", "cookie", "SET-COOKIE", "X-API-Key", "apikey", "Proxy-Authorization",
        "WWW-Authenticate", "Authentication-Info", "X-Access-Token", "X_CSRF_Token",
        "X-Amz-Security-Token", "Ocp-Apim-Subscription-Key", "X-Goog-Iap-Jwt-Assertion",
        "X-Amzn-Oidc-Accesstoken", "Private-Token", "X-Client-Secret", " X-Auth ",
        "X-Session-Id", "SessionId", "x-functions-key", "userPassword", "X-Hub-Signature-256",
    ],
)  # fmt: skip
def test_credentials_are_never_kept(name: str) -> None:
    kept = redacted(_exchange(headers=((name, "hunter2"),), answer=b""), decode_fields([]))
    assert kept
    assert kept.response
    assert kept.request.headers == kept.response.headers == ((name, "redacted"),)


def test_tokens_in_a_path_are_not_kept_and_ids_are() -> None:
    issued = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln"
    target = f"/feed/{issued}/users/AbC123dEf456GhI7?n=1"
    kept = redacted(_exchange(target=target, headers=(("Assertion-Of", issued),)), Fields())
    assert kept
    assert kept.request.target == "/feed/redacted/users/AbC123dEf456GhI7?n=1"
    assert kept.request.headers == (("Assertion-Of", "redacted"),)


def test_parameters_that_are_secrets_are_not_kept() -> None:
    target = "/a?n=1&api_key=hunter2&API%5fkey=hunter3&token&b=%20"
    kept = redacted(_exchange(target=target), decode_fields(["query:N"]))
    assert kept
    assert kept.request.target == ("/a?n=redacted&api_key=redacted&API%5fkey=redacted&token&b=%20")


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("/a?max_tokens=5&tokenizer=x&b=1;2", "/a?max_tokens=5&tokenizer=x&b=1;2"),
        ("/a?X-Amz-Signature=ab%3D&n=1", "/a?X-Amz-Signature=redacted&n=1"),
        ("/a;password=p;v=1/b?client_secret=a;b?c#id_token=x&n=1",
         "/a;password=redacted;v=1/b?client_secret=redacted#id_token=redacted&n=1"),
        ("/a?n=1;token=t", "/a?n=1;token=redacted"),
        ("http://ann:hunter2@host/a?n=1", "http://redacted@host/a?n=1"),
        ("http://ann:hunt/er2@host/a?n=1", "http://redacted@host/a?n=1"),
        ("http://ann:hunt#er2@host/a?n=1", "http://redacted@host/a?n=1"),
        ("/a?next=http://ann:hunt?er2@host/a", "/a?next=http://redacted@host/a"),
        ("http://host:8080/a@b?n=1", "http://host:8080/a@b?n=1"),
        ("http://[::1]:80/a@b", "http://[::1]:80/a@b"),
        ("/a?mail=ann@example//b@c", "/a?mail=ann@example//redacted@c"),
        ("/a;jsessionid=1A/b=/c?n=1", "/a;jsessionid=redacted/b=/c?n=1"),
        ("/a?n=1;token=a/b=", "/a?n=1;token=redacted"),
        ("/a?next=/b?token=t&n=1", "/a?next=/b?token=redacted&n=1"),
        ("/a?next=http%3A%2F%2Fann%3Ap%40b%2F%3Fn=%2B%26sessionId%3Dt&n=%2B",
         "/a?next=http://redacted@b/?n=%2B%26sessionId=redacted&n=%2B"),
        ("/a?b=/?b=%2F%3Fb%3D%252F%253Ftoken%253Dt", "/a?b=/?b=/?b=/?token=redacted"),
        ("/a?n=%ff%3B&x=%C3%A9?", "/a?n=%ff%3B&x=%C3%A9?"),
    ],
)  # fmt: skip
def test_urls_lose_users_and_secret_parameters_wherever_they_stand(url: str, kept: str) -> None:
    found = redacted(
        _exchange(target=url, headers=(("Location", url), ("X-Original-URI", url))),
        decode_fields([]),
    )
    assert found
    assert found.request.target == kept
    assert found.request.headers == (("Location", kept), ("X-Original-URI", kept))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Accept", "text/html;q=0.9, application/json;q=1"),
        ("Content-Type", "multipart/form-data; boundary=a=b"),
        ("X-Request-Id", "1@2/3="),
        ("X-Tokens", "5"),
        ("Keep", "v"),
    ],
)
def test_other_headers_stay(name: str, value: str) -> None:
    kept = redacted(_exchange(headers=((name, value),)), decode_fields(["query:user"]))
    assert kept
    assert kept.request.headers == ((name, value),)


@pytest.mark.parametrize(
    ("form", "kept"),
    [
        (b"grant_type=password&username=ann&password=a#b;c",
         b"grant_type=redacted&username=ann&password=redacted"),
        (b"client%5Fsecret=s&n=%2B+1&next=%2F%3Ftoken%3Dt",
         b"client%5Fsecret=redacted&n=%2B+1&next=/?token=redacted"),
        (b"n=1&\xff=\xc3\xa9&token=\xff", b"n=1&\xff=\xc3\xa9&token=redacted"),
        (b' {"text": "a&token=b"}', b' {"text": "a&token=b"}'),
        (b"token", b"token"),
    ],
)  # fmt: skip
def test_forms_lose_secret_parameters(form: bytes, kept: bytes) -> None:
    headers = (("content-type", "Application/X-WWW-form-urlencoded; charset=utf-8"),)
    exchange = _exchange(form, headers=headers, answer=form)
    found = redacted(exchange, decode_fields(["query:grant_type"]))
    assert found
    assert found.response
    assert found.request.body == found.response.body == kept


def test_urls_within_urls_without_an_end_are_not_kept() -> None:
    assert redacted(_exchange(target="/?a=" * 5), decode_fields([]))
    assert redacted(_exchange(target="/?a=" * 9999), decode_fields([])) is None


def test_what_is_no_form_stays() -> None:
    kept = redacted(_exchange(b"a&token=b", headers=(("X", "v"),)), decode_fields([]))
    assert kept
    assert kept.request.body == b"a&token=b"


def test_declared_headers_are_not_kept() -> None:
    kept = redacted(_exchange(headers=(("X-User", "ann"),)), decode_fields(["header:x-user"]))
    assert kept
    assert kept.request.headers == (("X-User", "redacted"),)


@pytest.mark.parametrize(
    ("body", "fields", "kept"),
    [
        ('{"a": 1.0, "b": 12345678901234567890.10}', ["a"],
         '{"a": "redacted", "b": 12345678901234567890.10}'),
        (' {"a":{"b":[1,2] , "c":1e2}} ', ["a.b"], ' {"a":{"b":"redacted" , "c":1e2}} '),
        ('{"rows": [{"n": 1}, {"n": {"x": []}}, 5, {}]}', ["rows.*.n"],
         '{"rows": [{"n": "redacted"}, {"n": "redacted"}, 5, {}]}'),
        ('[{"a": 1, "b": 2}, []]', ["*.a", "*.b"], '[{"a": "redacted", "b": "redacted"}, []]'),
        ('{"a": "one", "a": "two", "": 3}', ["a"], '{"a": "redacted", "a": "redacted", "": 3}'),
        ('{"\\u0061": 1, "x": NaN}', ["a"], '{"\\u0061": "redacted", "x": NaN}'),
        ('{"a": {"b": 1}}', ["a", "a.b"], '{"a": "redacted"}'),
        ('{"a": [1.0, 2, {"1": 3}]}', ["a.1", "a.2.1"],
         '{"a": [1.0, "redacted", {"1": "redacted"}]}'),
        ('"text"', ["a"], '"text"'),
        ("{ }", ["a"], "{ }"),
        ('{"a": 1}', ["*"], '{"a": "redacted"}'),
    ],
)  # fmt: skip
def test_a_declared_field_goes_and_the_rest_stays(body: str, fields: list[str], kept: str) -> None:
    assert _kept(body, *fields) == kept


@pytest.mark.parametrize(
    "body",
    ["a=1", "", '{"a": 1', '{"a" 1}', "{1: 2}", '{"a": 1,}', "[1", '{"a": 1} {}', "[" * 9999],
)
def test_a_body_that_hides_where_a_field_is_is_not_kept(body: str) -> None:
    assert _kept(body, "a", "*.*") == (None if body else "")


def test_an_answer_is_searched_too() -> None:
    fields = decode_fields(["a"])
    kept = redacted(_exchange(answer=b'{"a": 1}'), fields)
    assert kept
    assert kept.response
    assert kept.response.body == b'{"a": "redacted"}'
    assert redacted(_exchange(answer=b"\xff"), fields) is None


@pytest.mark.parametrize(
    ("field", "there"),
    [
        ("a.b", True), ("header:X", True), ("query:q", True),
        ("a.c", False), ("header:y", False), ("query:a", False), ("b", False),
    ],
)  # fmt: skip
def test_a_field_is_in_an_exchange_or_not(field: str, there: bool) -> None:
    exchange = _exchange(b'{"a": {"b": 1}}', target="/?q=1&token=t", headers=(("x", "1"),))
    assert (unseen((field,), exchange) == ()) == there


def test_the_fields_that_an_exchange_has_are_seen() -> None:
    exchange = _exchange(b'{"a": 1}', headers=(("X", "v"),))
    assert unseen(("a", "b", "header:x", "query:x"), exchange) == ("b", "query:x")


@pytest.mark.parametrize("field", ["", "a..b", "header:", "query:"])
def test_a_field_that_names_nothing_is_refused(field: str) -> None:
    with pytest.raises(InputError, match="give NAME"):
        decode_fields([field])


_JSON = st.recursive(
    st.none() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["a", "b", "c"]), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(
    _JSON,
    st.lists(st.sampled_from(["a", "a.b", "*.a", "*.*.b", "c.*", "0", "a.1", "*.0.b"]), max_size=3),
)
def test_it_is_what_taking_it_out_of_the_value_gives(value: Any, fields: list[str]) -> None:
    kept = _kept(json.dumps(value), *fields)
    assert kept
    paths = [field.split(".") for field in fields]
    assert repr(json.loads(kept)) == repr(_without(json.loads(json.dumps(value)), paths))


def _without(value: Any, paths: list[list[str]]) -> Any:
    if [] in paths:
        return "redacted"
    if isinstance(value, dict):
        return {
            name: _without(item, [path[1:] for path in paths if path[0] in {name, "*"}])
            for name, item in value.items()
        }
    if isinstance(value, list):
        return [
            _without(item, [path[1:] for path in paths if path[0] in {str(place), "*"}])
            for place, item in enumerate(value)
        ]
    return value


@given(exchanges(), st.lists(st.text(max_size=5), max_size=2))
def test_no_exchange_breaks_it(exchange: Exchange, fields: list[str]) -> None:
    with suppress(InputError):
        redacted(exchange, decode_fields(fields))
