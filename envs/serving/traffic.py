#!/usr/bin/env python
"""Write requests to the demo's model as JSON lines, as they could have come within a minute.

Measured wines and mixtures of two, one at a time and in batches; now and then a lab's empty or
extreme reading, and a request that no server can answer. The same versions write the same lines.
"""

import json
import sys

import numpy as np
from sklearn.datasets import load_wine

COUNT = 1500
PER_SECOND = 25
CHANNELS = ("cellar", "shop", "lab")
LARGEST_BATCH = 16
EXTREMES = (0.0, -1.0, 5e-324, 1e-7, 1e7, 3e38)
"""All within float32, to which the forest narrows: beyond it, it refuses."""
EXTREME_SHARE = 0.2
WITHOUT_INPUT = 50
"""One request in so many."""

draw = np.random.default_rng(20)
measured = load_wine().data


def wine() -> np.ndarray:
    """Return a measured wine, or what lies between two."""
    one, other = measured[draw.integers(len(measured), size=2)]
    share = draw.choice((0.0, draw.random()))
    return (1 - share) * one + share * other


def rows(channel: str) -> np.ndarray:
    """Return what a channel asks about at once: one bottle, from the cellar several."""
    batch = draw.integers(2, LARGEST_BATCH, endpoint=True) if channel == "cellar" else 1
    found = np.array([wine() for _ in range(batch)])
    if channel == "lab" and draw.random() < EXTREME_SHARE:
        found[0, draw.integers(found.shape[1])] = draw.choice(EXTREMES)
    return found


def body(number: int) -> dict[str, object]:
    """Return one inference request of Open Inference V2."""
    channel = str(draw.choice(CHANNELS))
    asked = rows(channel)
    tensor = {"name": "predict", "shape": asked.shape, "datatype": "FP64"}
    inputs = [{**tensor, "data": asked.ravel().tolist()}]
    return {
        "id": f"wine-{number}",
        "parameters": {"channel": channel},
        "inputs": [] if number % WITHOUT_INPUT == WITHOUT_INPUT - 1 else inputs,
        "outputs": [{"name": "predict"}, {"name": "predict_proba"}],
    }


for number, at in enumerate(draw.exponential(1 / PER_SECOND, size=COUNT).cumsum()):
    line = {
        "at": round(at, 3),
        "method": "POST",
        "target": "/v2/models/wine/infer",
        "headers": {"content-type": "application/json"},
        "body": body(number),
    }
    sys.stdout.write(json.dumps(line) + "\n")
