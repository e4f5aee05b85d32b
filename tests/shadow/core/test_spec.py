from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.documents.decode import decode_whole
from harness.errors import InputError
from harness.shadow.core.answers import protocols
from harness.shadow.core.answers.levels import Tolerance
from harness.shadow.core.spec import Confinement, ShadowSpec

_LEAST = {"production": "service:1", "protocol": "open-inference-v2", "recording": "traffic"}


def _decoded(**changes: Any) -> ShadowSpec:
    return decode_whole(ShadowSpec, {**_LEAST, **changes}, "env.toml: shadow")


def test_three_keys_are_enough() -> None:
    spec = _decoded()
    assert (spec.protocol, spec.port, spec.ready_at) == (
        protocols.OPEN_INFERENCE,
        8080,
        "/v2/health/ready",
    )
    assert (spec.requests, spec.rate, spec.starts, spec.grouped_by) == (2000, None, 0, ())
    assert spec.confinement == Confinement()
    assert not spec.is_archive


def test_every_key_is_read() -> None:
    spec = _decoded(
        production="images/service.tar",
        protocol="mlflow",
        port=9000,
        health="/up",
        volatile=["trace"],
        scores=["p"],
        headers=["X-Model"],
        exclude=["/metrics", "GET /*"],
        order="recorded",
        tolerances={"p": {"absolute": 1e-6, "relative": 1}},
        margins={"outputs": 0.02, "slow": 0.5},
        alpha=0.02,
        requests=10,
        timeout=5,
        rate=200,
        seconds=10,
        starts=7,
        confinement={"memory": 512, "processes": 16, "writable": ["/var/run/app"]},
        **{"group-by": "parameters.channel", "tail-blocks": True, "group-by-endpoint": True},
    )
    assert spec.is_archive
    assert (spec.port, spec.ready_at, spec.timeout, spec.rate) == (9000, "/up", 5.0, 200.0)
    assert spec.rules.volatile == frozenset({"trace"})
    assert spec.headers == ("x-model",)
    assert (spec.exclude, spec.order) == (("/metrics", "GET /*"), "recorded")
    assert spec.group_by_endpoint
    assert spec.rules.scores == frozenset({"p"})
    assert spec.rules.tolerances == {"p": Tolerance(absolute=1e-6, relative=1.0)}
    assert (spec.allowed.outputs, spec.allowed.slow) == (0.02, 0.5)
    assert spec.budget.outputs == pytest.approx(0.008)
    assert (spec.grouped_by, spec.tail_blocks) == (("parameters", "channel"), True)
    assert spec.confinement == Confinement(memory=512, processes=16, writable=("/var/run/app",))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"production": "-v"}, "shadow.production: '-v': not an image"),
        ({"protocol": "grpc"}, "shadow.protocol: 'grpc': none of open-inference-v2"),
        ({"port": 0}, "shadow.port: expected 1 to 65535"),
        ({"health": "ready"}, "shadow.health"),
        ({"requests": 0}, "shadow.requests"),
        ({"starts": 3}, "shadow.starts: 3 prove nothing"),
        ({"exclude": ["metrics"]}, r"shadow.exclude\[0\]: 'metrics': expected a path like"),
        ({"order": "random"}, "shadow.order: 'random': expected drawn or recorded"),
        ({"headers": ["a b"]}, r"shadow.headers\[0\]: 'a b': not a header's name"),
        ({"rate": -1}, "shadow.rate"),
        ({"rate": 10**400}, "shadow.rate"),
        ({"rate": "fast"}, 'shadow.rate: expected 0 to 10000, or "recorded"'),
        ({"ready-within": 0}, "shadow.ready-within"),
        ({"alpha": 0.5}, "shadow.alpha"),
        ({"latency-floor": -1}, "shadow.latency-floor"),
        ({"margins": {"output": 0.1}}, "unknown key"),
        ({"tolerances": {"p": {"relative": 2.0}}}, "relative"),
        ({"confinement": {"writable": ["tmp"]}}, "not an absolute, plain path"),
        ({"confinement": {"writable": ["/a/../b"]}}, "not an absolute, plain path"),
        ({"other": 1}, "unknown key"),
    ],
)
def test_a_wrong_value_is_named_with_its_key(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        _decoded(**changes)


_VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.lists(st.text())
)


@given(st.dictionaries(st.sampled_from(["port", "rate", "alpha", "starts", "margins"]), _VALUES))
def test_whatever_stands_there_is_read_or_refused(changes: dict[str, Any]) -> None:
    with suppress(InputError):
        _decoded(**changes)


def test_the_rate_may_be_that_of_the_recording() -> None:
    assert _decoded(rate="recorded").rate == "recorded"
    assert _decoded(rate=0).rate is None


def test_the_floor_of_latencies_is_written_in_milliseconds() -> None:
    assert _decoded().allowed.floor == pytest.approx(0.0001)
    assert _decoded(**{"latency-floor": 2}).allowed.floor == pytest.approx(0.002)
