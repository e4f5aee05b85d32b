import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.record.core.exchange import Headers, Request, Response
from harness.shadow.core.answers import protocols
from harness.shadow.core.answers.answer import Reply, id_of, reply_to
from harness.shadow.core.answers.comparison import compare
from harness.shadow.core.answers.headers import COMPARED, OF_THE_CONNECTION, compared, left_out
from harness.shadow.core.answers.levels import Kind, Level, Rules

_DATE = ("Date", "Tue, 15 Nov 1994 08:12:31 GMT")
_NAMES = st.sampled_from([*COMPARED, "set-cookie", "date", "x-other"])
_VALUES = st.text(st.characters(codec="latin-1", exclude_characters="\r\n"), max_size=30)


def one(name: str, *values: str) -> str:
    """Return what is compared of a header."""
    ((_, found),) = compared((_DATE, *((name, value) for value in values)))
    return found


@pytest.mark.parametrize(
    ("name", "value", "other"),
    [
        ("Location", "/old", "/new"),
        ("Retry-After", "30", "3600"),
        ("Content-Type", "text/html; charset=utf-8", "text/html; charset=latin-1"),
        ("Content-Type", "application/json", "text/html"),
        ("WWW-Authenticate", 'Bearer realm="a"', 'Basic realm="a"'),
        ("Cache-Control", "no-store", "max-age=60, public"),
        ("Set-Cookie", "sid=a; HttpOnly; Secure", "sid=a; Secure"),
        ("Set-Cookie", "sid=a", "sid="),
        ("Set-Cookie", "sid=a; Max-Age=60", "sid=a; Max-Age=0"),
        (
            "Set-Cookie",
            "sid=a; expires=Wed, 16 Nov 1994 08:12:31 GMT",
            "sid=a; expires=Thu, 01 Jan 1970 00:00:00 GMT",
        ),
        ("Set-Cookie", "sid=a", "other=a"),
        ("Vary", "Accept", "Accept, Origin"),
        ("Content-Encoding", "gzip", "br"),
        ("Content-Disposition", "inline", "attachment"),
        ("Link", "</2>; rel=next", "</3>; rel=next"),
        ("Allow", "GET", "GET, POST"),
        ("Deprecation", "@1688169599", "@1688169600"),
        ("ETag", '"a"', 'W/"a"'),
        ("Expires", "Thu, 01 Jan 1970 00:00:00 GMT", "Wed, 16 Nov 1994 08:12:31 GMT"),
        ("Expires", "0", "Wed, 16 Nov 1994 08:12:31 GMT"),
        ("Access-Control-Allow-Origin", "*", "https://a.example"),
    ],
)
def test_a_header_that_a_client_acts_upon_is_compared(name: str, value: str, other: str) -> None:
    assert compared((_DATE, (name, value))) != compared((_DATE, (name, other)))


@pytest.mark.parametrize(
    ("name", "value", "other"),
    [
        ("Vary", "Accept, origin", "Origin,Accept"),
        ("Vary", "Accept-Encoding, Origin", "Origin"),
        ("Content-Type", "multipart/mixed; boundary=a", "multipart/mixed; boundary=b"),
        ("content-type", 'Text/HTML; Charset="UTF-8"', "text/html;charset=utf-8"),
        ("WWW-Authenticate", 'Digest nonce="a,b", qop=auth', "Digest nonce=c, qop=auth"),
        ("Content-Security-Policy", "script-src 'nonce-a'", "script-src 'nonce-b'"),
        ("Set-Cookie", "sid=a; Path=/; Secure", "sid=b; secure; path=/;"),
        ("ETag", '"a"', '"b"'),
        ("Retry-After", "60", "Tue, 15 Nov 1994 08:13:31 GMT"),
        ("Last-Modified", "Tue, 15 Nov 1994 08:12:31 GMT", "Tue, 15 Nov 1994 08:12:32 GMT"),
        ("Cache-Control", 'private="a,b", no-store', 'no-store, private="a,b"'),
        ("Date", "Tue, 15 Nov 1994 08:12:31 GMT", "Tue, 15 Nov 1994 08:12:32 GMT"),
        ("X-Request-Id", "1", "2"),
        ("Content-Type", "", ""),
    ],
)
def test_what_is_another_each_time_or_only_written_otherwise_is_the_same(
    name: str, value: str, other: str
) -> None:
    first, second = compared((_DATE, (name, value))), compared((_DATE, (name, other)))
    assert first == second


def test_a_date_without_the_answers_own_is_compared_as_written() -> None:
    at = "Tue, 15 Nov 1994 08:13:31 GMT"
    assert compared((("Retry-After", at),)) == (("retry-after", at),)
    assert compared((("Expires", at),)) == (("expires", "ahead"),)
    assert compared((("Date", "yesterday"), ("Expires", at[:-4])))[0] == ("expires", "ahead")


def test_values_of_cookies_and_nonces_are_never_kept() -> None:
    kept = compared(
        (
            ("Set-Cookie", "sid=secret; HttpOnly; ; Domain=A.example"),
            ("Set-Cookie", "secret"),
            ("WWW-Authenticate", 'Digest realm="r", nonce="secret", opaque=secret'),
        ),
        frozenset({"set-cookie"}),
    )
    assert "secret" not in str(kept)
    assert kept == (
        ("set-cookie:", "*"),
        ("set-cookie:sid", "*; domain=a.example; httponly"),
        ("www-authenticate", 'Digest realm="r", nonce=*, opaque=*'),
    )


def test_cookies_of_one_name_are_told_apart_as_clients_do() -> None:
    there, here, again = "sid=1; Path=/There", "sid=; Path=/here", "sid=2; path=/here; Secure"
    (kept,) = compared((("Set-Cookie", there), ("Set-Cookie", here), ("Set-Cookie", again)))
    assert kept == ("set-cookie:sid", "*; path=/There, *; path=/here; secure")
    assert (kept,) == compared((("Set-Cookie", again), ("Set-Cookie", there)))


def test_that_an_answer_depends_on_codings_is_nothing_to_compare() -> None:
    assert compared((("Vary", "Accept-Encoding"),)) == ()


def test_a_header_that_comes_twice_is_one_list() -> None:
    assert one("Vary", "Origin", "Accept") == "accept, origin"
    assert one("Link", "<a>", "<b>") == "<a>, <b>"


def test_others_are_compared_if_declared_and_else_told() -> None:
    headers: Headers = (("X-Model", "7"), ("Server", "a"), ("Content-Length", "2"), ("Vary", "*"))
    declared = frozenset({"x-model"})
    assert compared(headers, declared) == (("vary", "*"), ("x-model", "7"))
    assert list(left_out(headers)) == ["x-model", "server"]
    assert list(left_out(headers, declared)) == ["server"]
    assert not OF_THE_CONNECTION & COMPARED.keys()


@given(st.lists(st.tuples(_NAMES, _VALUES), max_size=6))
def test_any_headers_can_be_compared(headers: list[tuple[str, str]]) -> None:
    kept = compared(tuple(headers))
    assert kept == tuple(sorted(kept))
    assert len({name for name, _ in kept}) == len(kept)


def reply(*headers: tuple[str, str], status: int = 302) -> Reply:
    return reply_to(Response(status=status, headers=headers, body=b""))


def test_a_changed_header_is_a_difference_of_its_own_field() -> None:
    level, (found,) = compare(
        reply(("Location", "/old")), reply(("Location", "/new")), protocols.JSON, Rules()
    )
    assert (level, found.field, found.kind) == (Level.LABEL, "header:location", Kind.LABEL)


def test_of_seconds_to_wait_it_is_compared_how_many() -> None:
    level, (found,) = compare(
        reply(("Retry-After", "30")), reply(("Retry-After", "3600")), protocols.JSON, Rules()
    )
    assert (level, found.kind, found.distance) == (Level.BEYOND, Kind.VALUE, 3570.0)
    level, (found,) = compare(
        reply(("Retry-After", "30")), reply(("Retry-After", "soon")), protocols.JSON, Rules()
    )
    assert (level, found.kind) == (Level.STRUCTURE, Kind.DATATYPE)


def test_a_missing_header_is_one_of_structure() -> None:
    level, (found,) = compare(reply(("Retry-After", "9")), reply(), protocols.JSON, Rules())
    assert (level, found.field, found.kind) == (
        Level.STRUCTURE,
        "header:retry-after",
        Kind.MISSING,
    )


def test_a_volatile_header_is_no_difference() -> None:
    rules = Rules(volatile=frozenset({"header:location"}))
    level, found = compare(
        reply(("Location", "/1")), reply(("Location", "/2")), protocols.JSON, rules
    )
    assert (level, found) == (Level.EQUAL, [])


def test_a_volatile_field_of_that_name_is_no_header() -> None:
    rules = Rules(volatile=frozenset({"header"}))
    _, found = compare(reply(("Location", "/1")), reply(("Location", "/2")), protocols.JSON, rules)
    assert [each.field for each in found] == ["header:location"]


def infer(body: bytes, headers: Headers = ()) -> Request:
    return Request(method="POST", target="/v2/models/m/infer", headers=headers, body=body)


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (b'{"id": "a", "inputs": []}', "a"),
        (b'{"id": "", "inputs": []}', None),
        (b'{"id": 1}', None),
        (b'{"inputs": []}', None),
        (b"[]", None),
        (b"no JSON", None),
        (b"[" * 100_000, None),
    ],
)
def test_the_id_of_a_request_is_a_text_that_says_something(body: bytes, found: str | None) -> None:
    assert id_of(infer(body), protocols.OPEN_INFERENCE) == found
    assert id_of(infer(body), protocols.JSON) is None


def test_the_id_stands_before_binary_tensors() -> None:
    request = infer(b'{"id": "a"}\xff', (("Inference-Header-Content-Length", "11"),))
    assert id_of(request, protocols.OPEN_INFERENCE) == "a"


def answered(body: bytes, asked_id: str | None) -> Reply:
    return Reply(outcome="200", body=body, asked_id=asked_id)


@pytest.mark.parametrize(
    ("production", "candidate", "asked_id", "level"),
    [
        (b'{"id": "1", "outputs": []}', b'{"id": "2", "outputs": []}', None, Level.EQUAL),
        (b'{"id": "1", "outputs": []}', b'{"outputs": []}', None, Level.EQUAL),
        (b'{"id": "a", "outputs": []}', b'{"id": "2", "outputs": []}', "a", Level.LABEL),
        (b'{"id": "a", "outputs": []}', b'{"outputs": []}', "a", Level.STRUCTURE),
        (b'{"id": "1", "outputs": []}', b'{"id": "2", "outputs": []}', "a", Level.EQUAL),
        (b'{"id": "a", "error": "b"}', b'{"id": "c", "error": "b"}', "a", Level.LABEL),
    ],
)
def test_an_open_inference_answer_has_the_requests_id_if_that_gave_one(
    production: bytes, candidate: bytes, asked_id: str | None, level: Level
) -> None:
    found, _ = compare(
        answered(production, asked_id),
        answered(candidate, asked_id),
        protocols.OPEN_INFERENCE,
        Rules(),
    )
    assert found is level


def test_tensors_sent_as_bytes_are_of_the_type_of_their_description() -> None:
    length = ("Inference-Header-Content-Length", "10")
    octets = ("Content-Type", "application/octet-stream")
    written = compared((("Content-Type", "application/json"),))
    assert compared((octets, length)) == written
    assert compared((length,)) == ()
    assert compared((octets,)) != written
