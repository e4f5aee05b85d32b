from harness.record.core.exchange import Request
from harness.shadow.core.again import MAX_SHOWN, asked_again
from harness.shadow.core.answers.answer import Reply
from harness.shadow.core.events import Phase, Played, Timed

REQUEST = Request(method="POST", target="/infer", headers=(), body=b'{"x": 1}')


def _played(*bodies: bytes) -> Played:
    a, b, c = (
        Timed(intended=0.0, sent=0.0, finished=0.25, reply=Reply(outcome="200", body=body))
        for body in bodies
    )
    return Played(number=3, phase=Phase.SERIAL, group="", arms=(a, b, c))


def test_the_request_and_every_reply_are_shown() -> None:
    lines = asked_again(REQUEST, _played(b"1", b"1", b"2\n3"), ["score: values"])
    assert lines == [
        "POST /infer",
        '  {"x": 1}',
        "production A: 200, 250.0 ms",
        "  1",
        "production B: 200, 250.0 ms",
        "  1",
        "candidate: 200, 250.0 ms",
        "  2",
        "  3",
        "candidate: score: values",
    ]


def test_a_long_body_is_cut_and_nothing_steers_a_terminal() -> None:
    body = b"\x1b[2J" + b"x" * MAX_SHOWN
    lines = asked_again(REQUEST, _played(body, body, body), [])
    assert "\x1b" not in "".join(lines)
    assert "  … 4 bytes more" in lines
    assert lines[-1] == "candidate: as production A, within the tolerances"


def test_headers_that_are_compared_are_shown() -> None:
    reply = Reply(outcome="302", body=b"", headers=(("location", "/\x1b"),))
    arm = Timed(intended=0.0, sent=0.0, finished=0.25, reply=reply)
    played = Played(number=3, phase=Phase.SERIAL, group="", arms=(arm, arm, arm))
    assert asked_again(REQUEST, played, []).count(r"  location: /\x1b") == 3
