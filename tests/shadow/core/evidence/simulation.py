"""Services that harm and services that do not, simulated request by request.

A request is a number, which stands for its content; what is rare depends on it and so comes back in
a replay, while noise does not.
"""

import itertools
import json
import math
import random
import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from harness.shadow.core.answers import protocols
from harness.shadow.core.answers.answer import Reply
from harness.shadow.core.answers.levels import Rules, Tolerance
from harness.shadow.core.evidence.margins import LEAST_STARTS
from harness.shadow.core.evidence.resources import Resource, judge_resources
from harness.shadow.core.evidence.trial import Round, Trial
from harness.verdict import Judgement

LOOSE = Rules(
    volatile=frozenset({"id", "parameters.timestamp"}),
    tolerances={"outputs.probability": Tolerance(relative=1e-3)},
)
STRICT = replace(LOOSE, tolerances={})
NOISE = 0.09
"""Standard deviation of the logarithm of one arm's latency."""
SECONDS = 0.005
RATE = 100
REPLAYS = 40
EVERY = 20

Outputs = dict[str, Any]
Draw = random.Random
Seconds = tuple[float, float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A candidate by what it does to production's answers and latencies, and what must be found.

    `noise` is what each arm does to its own answers. `alter` gets the number of the request too,
    which stands for its content: what is rare depends on it, and comes back in a replay.
    """

    name: str
    family: str = ""
    alter: Callable[[Outputs, int], Outputs] = lambda outputs, _: outputs
    noise: Callable[[Outputs, Draw], Outputs] = lambda outputs, _: outputs
    write: Callable[[Outputs, Draw], bytes] = lambda outputs, _: written(outputs)
    fails: Callable[[int], bool] = lambda _: False
    slower: Callable[[float, float], float] = lambda seconds, _: seconds
    rules: Rules = STRICT
    cap: int = 2_000
    dependence: float = 0.0
    timed: bool = True

    def reply(self, request: int, draw: Draw, *, candidate: bool) -> Reply:
        """Return the answer of one arm."""
        if candidate and self.fails(request):
            return Reply(outcome="500", body=b"")
        outputs = self.noise(production(request), draw)
        outputs = self.alter(outputs, request) if candidate else outputs
        return Reply(outcome="200", body=self.write(outputs, draw))

    def exchange(self, request: int, draw: Draw, seconds: Seconds | None = None) -> Round:
        """Return what the three arms make of one request; without latencies it is a replay."""
        a, b, c = (self.reply(request, draw, candidate=arm == "C") for arm in "ABC")
        return Round(
            request=str(request),
            replies=(a, b, c),
            seconds=seconds if self.timed else None,
            replayed=seconds is None,
        )

    def seconds(self, seed: int, draw: Draw) -> Iterator[Seconds]:
        """Yield latencies: what a request takes, times each arm's own noise, which may linger."""
        linger = math.sqrt(1 - self.dependence**2)
        states = [draw.gauss(0, 1) for _ in range(3)]
        for number in itertools.count():
            states = [self.dependence * x + linger * draw.gauss(0, 1) for x in states]
            taken = SECONDS * math.exp(0.3 * draw.gauss(0, 1))
            a, b, c = (taken * math.exp(NOISE * state) for state in states)
            yield a, b, self.slower(c, number / RATE + seed * math.pi)


def production(request: int) -> Outputs:
    """Return what production means to answer: class probabilities, their label and a score."""
    draw = random.Random(request)  # noqa: S311 - values, not secrets
    weights = [draw.expovariate(1) for _ in range(3)]
    probability = [weight / sum(weights) for weight in weights]
    label = probability.index(max(probability))
    return {"probability": probability, "label": [label], "score": [draw.gauss(0, 1)]}


def written(outputs: Outputs, names: Sequence[str] = ("probability", "label", "score")) -> bytes:
    """Return an Open Inference V2 answer."""
    tensors = [
        {
            "name": name,
            "shape": [1, len(outputs[name])],
            "datatype": "INT64" if name == "label" else "FP64",
            "data": outputs[name],
        }
        for name in names
    ]
    return json.dumps({"model_name": "model", "outputs": tensors}).encode()


def rarely(request: int, one_in: int) -> bool:
    """Tell whether a request has a property that one in so many has."""
    return random.Random(-request - 1).randrange(one_in) == 0  # noqa: S311


def jitter(outputs: Outputs, draw: Draw) -> Outputs:
    """Return the outputs as threads that add in another order would."""

    def moved(values: list[float]) -> list[float]:
        return [value * (1 + 1e-6 * draw.gauss(0, 1)) for value in values]

    return outputs | {name: moved(outputs[name]) for name in ("probability", "score")}


def flipped(one_in: int) -> Callable[[Outputs, int], Outputs]:
    """Return a change of the label of one request in so many."""

    def alter(outputs: Outputs, request: int) -> Outputs:
        return outputs | {"label": [(outputs["label"][0] + rarely(request, one_in)) % 3]}

    return alter


def each_probability(change: Callable[[float], float]) -> Callable[[Outputs, int], Outputs]:
    """Return a change of every probability."""
    return lambda outputs, _: outputs | {"probability": [*map(change, outputs["probability"])]}


def narrowed(value: float) -> float:
    """Return the value as float32."""
    return float(struct.unpack("f", struct.pack("f", value))[0])


def stalled(seconds: float, time: float) -> float:
    """Return the latency, counted from the intended time, behind a pause of 1 s in every 10 s."""
    return seconds + max(1 - time % 10, 0)


def stamped(outputs: Outputs, draw: Draw) -> bytes:
    """Return an answer with an id and a time of its own."""
    own = {"id": str(draw.random()), "parameters": {"timestamp": draw.random()}}
    return json.dumps(json.loads(written(outputs)) | own).encode()


def shuffled(outputs: Outputs, draw: Draw) -> bytes:
    """Return an answer whose keys come in any order."""
    document = json.loads(written(outputs))
    return json.dumps(dict(draw.sample(sorted(document.items()), len(document)))).encode()


def reordered(outputs: Outputs, draw: Draw) -> bytes:
    """Return an answer whose tensors come in any order."""
    return written(outputs, draw.sample(sorted(outputs), len(outputs)))


HARMS = (
    Case(
        name="swapped class order",
        family="outputs",
        alter=lambda outputs, _: outputs | {"probability": outputs["probability"][::-1]},
    ),
    Case(
        name="doubled score under jitter",
        family="outputs",
        alter=lambda outputs, _: outputs | {"score": [2 * outputs["score"][0]]},
        noise=jitter,
    ),
    Case(name="1 % flipped labels", family="outputs", alter=flipped(100)),
    Case(
        name="1 in 5,000 flipped",
        family="outputs",
        alter=flipped(5_000),
        cap=46_000,
        timed=False,
    ),
    Case(name="float32 narrowing", family="outputs", alter=each_probability(narrowed), rules=LOOSE),
    Case(
        name="rounding to 6 digits",
        family="outputs",
        alter=each_probability(lambda value: round(value, 6)),
        rules=LOOSE,
    ),
    Case(
        name="NaN for extreme inputs",
        family="outputs",
        alter=lambda outputs, n: outputs | {"score": [math.nan]} if rarely(n, 200) else outputs,
    ),
    Case(name="+10 % latency", family="median latency", slower=lambda seconds, _: 1.1 * seconds),
    Case(name="stall of 1 s every 10 s", family="tail latency", slower=stalled, cap=30_000),
    Case(name="a new 500 on rare input", family="errors", fails=lambda n: rarely(n, 300)),
)
BENIGN = (
    Case(name="unchanged"),
    Case(name="reordered JSON keys", write=shuffled),
    Case(name="reordered V2 outputs", write=reordered),
    Case(name="ids and timestamps", write=stamped),
    Case(name="1e-6 jitter in production too", noise=jitter),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What was made of one simulated run, after how many requests."""

    failed: frozenset[str]
    invalid: frozenset[str]
    passed: frozenset[str]
    requests: int
    latency_passed_after: int


def run(case: Case, seed: int) -> Run:
    """Play requests until the expected family fails, or until the cap."""
    draw = random.Random(seed)  # noqa: S311 - a seed, not a secret
    trial = Trial(protocol=protocols.OPEN_INFERENCE, rules=case.rules)
    found: dict[str, Judgement] = {}
    for number, seconds in enumerate(itertools.islice(case.seconds(seed, draw), case.cap), 1):
        trial.observe(case.exchange(seed * 1_000_000 + number, draw, seconds))
        replay(case, trial, draw)
        if trial.median.wants_restart:
            trial.restart()
        if number % EVERY == 0 or number == case.cap:
            found = {finding.family: finding.judgement for finding in trial.findings()}
            if found.get(case.family) is Judgement.FAIL:
                break

    def judged(verdict: Judgement) -> frozenset[str]:
        return frozenset(name for name in found if found[name] is verdict)

    passed = judged(Judgement.PASS)
    return Run(
        failed=judged(Judgement.FAIL),
        invalid=judged(Judgement.INVALID),
        passed=passed,
        requests=number,
        latency_passed_after=trial.median.settled_after if "median latency" in passed else 0,
    )


def replay(case: Case, trial: Trial, draw: Draw) -> None:
    """Ask again what only the candidate answered differently, while it does so."""
    for _ in range(REPLAYS):
        for request in trial.to_replay:
            trial.observe(case.exchange(int(request), draw))


def resources(seed: int, growth: float) -> Judgement:
    """Return what is made of memory that grew, over starts whose memory varies by 3 %."""
    draw = random.Random(seed)  # noqa: S311 - a seed, not a secret
    production, candidate = (
        [scale * draw.gauss(500, 15) for _ in range(starts)]
        for scale, starts in ((1.0, 2 * LEAST_STARTS), (growth, LEAST_STARTS))
    )
    memory = Resource(production=production, candidate=candidate)
    return judge_resources({"memory": memory})[0].judgement
