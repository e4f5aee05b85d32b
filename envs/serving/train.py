#!/usr/bin/env python
"""Train the demo's model on a data set that scikit-learn ships, and write a model repository.

The forest is grown by scikit-learn's own loops on one thread: no BLAS, whose sums differ in their
last bits between processors, takes part.
"""

import json
import sys
from pathlib import Path

import joblib
from sklearn.datasets import load_wine
from sklearn.ensemble import RandomForestClassifier

out = Path(sys.argv[1]) / "wine"
out.mkdir(parents=True)
data, labels = load_wine(return_X_y=True)
joblib.dump(
    RandomForestClassifier(n_estimators=50, random_state=0).fit(data, labels), out / "model.joblib"
)
settings = {
    "name": "wine",
    "implementation": "mlserver_sklearn.SKLearnModel",
    "parameters": {"uri": "./model.joblib", "version": "1"},
}
(out / "model-settings.json").write_text(json.dumps(settings, indent=2) + "\n")
