"""Ask the libraries that are not among the requirements for the loss of one batch.

    .venv-peers/bin/python tools/peer_names.py

`make peers` runs it. The answers, with versions and the date, go into book/peers.json,
which the page on names reads; a test compares them with the package.
"""

from __future__ import annotations

import contextlib
import datetime
import json
import os
import warnings
from importlib.metadata import version
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")

import jax
import keras
import numpy as np
import optax
import tensorflow as tf
from scipy.special import softmax
from sklearn.metrics import log_loss

TARGET = Path(__file__).parents[1] / "book" / "peers.json"
LOGITS = [[1.0, 2.0, 0.5], [0.0, -1.0, 3.0]]
LABELS = [1, 0]

# (distribution, the call as the page prints it, whether it is a trap)
ROWS = [
    (
        "optax",
        "optax.softmax_cross_entropy_with_integer_labels(logits, labels).mean()",
        False,
    ),
    ("optax", "optax.softmax_cross_entropy(logits, one_hot).mean()", False),
    ("jax", "-jax.nn.log_softmax(logits)[rows, labels].mean()", False),
    (
        "tensorflow-cpu",
        "tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits).numpy().mean()",
        False,
    ),
    (
        "tensorflow-cpu",
        "tf.nn.softmax_cross_entropy_with_logits(one_hot, logits).numpy().mean()",
        False,
    ),
    (
        "keras",
        "keras.losses.SparseCategoricalCrossentropy(from_logits=True)(labels, logits)",
        False,
    ),
    (
        "keras",
        "keras.losses.CategoricalCrossentropy(from_logits=True)(one_hot, logits)",
        False,
    ),
    ("scikit-learn", "log_loss(labels, probabilities, labels=[0, 1, 2])", False),
    ("keras", "keras.losses.CategoricalCrossentropy()(one_hot, logits)", True),
    (
        "tensorflow-cpu",
        "tf.nn.softmax_cross_entropy_with_logits(logits, one_hot).numpy().mean()",
        True,
    ),
    (
        "optax",
        "optax.softmax_cross_entropy_with_integer_labels(logits, labels + 2).mean()",
        True,
    ),
    (
        "optax",
        "optax.softmax_cross_entropy_with_integer_labels(logits, labels - 1).mean()",
        True,
    ),
]


def main() -> None:
    """Evaluate each row as it is printed, and write the answers beside and rename."""
    logits = np.array(LOGITS, dtype=np.float32)
    labels = np.array(LABELS)
    names: dict[str, Any] = {
        "jax": jax,
        "keras": keras,
        "log_loss": log_loss,
        "optax": optax,
        "tf": tf,
        "logits": logits,
        "labels": labels,
        "one_hot": np.eye(3, dtype=np.float32)[labels],
        "probabilities": softmax(logits, axis=1),
        "rows": np.arange(len(labels)),
    }
    answers = []
    for library, call, trap in ROWS:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            value = float(eval(call, names))
        text = None if np.isnan(value) else value
        answers.append({"library": library, "call": call, "trap": trap, "value": text})
    found = {
        "command": "make peers",
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "versions": {library: version(library) for library, _, _ in ROWS},
        "logits": LOGITS,
        "labels": LABELS,
        "answers": answers,
    }
    beside = TARGET.with_suffix(".part")
    try:
        beside.write_text(json.dumps(found, indent=1) + "\n", "utf-8")
        beside.replace(TARGET)
    finally:
        with contextlib.suppress(FileNotFoundError):
            beside.unlink()
    print(f"{TARGET}: {len(answers)} answers")


if __name__ == "__main__":
    main()
