"""What the other libraries answered belongs to their pinned versions, and is right."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import pytest

import crossentropy as ce

ROOT = Path(__file__).parents[2]
PEERS = json.loads((ROOT / "book" / "peers.json").read_text("utf-8"))


def rows_of_the_script() -> list[tuple[str, str, bool]]:
    """Read ROWS without importing the script, which needs the libraries."""
    tree = ast.parse((ROOT / "tools" / "peer_names.py").read_text("utf-8"))
    for node in tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "ROWS":
            rows: list[tuple[str, str, bool]] = ast.literal_eval(node.value)
            return rows
    raise AssertionError("tools/peer_names.py has no ROWS")


def test_the_answers_are_to_the_questions_that_the_script_asks() -> None:
    recorded = [(a["library"], a["call"], a["trap"]) for a in PEERS["answers"]]
    assert recorded == rows_of_the_script()


def test_the_answers_come_from_the_pinned_versions() -> None:
    text = (ROOT / "requirements-peers.txt").read_text("utf-8")
    pins = dict(re.findall(r"^([\w-]+)==(\S+)$", text, re.MULTILINE))
    assert {name: pins[name] for name in PEERS["versions"]} == PEERS["versions"]


@pytest.mark.parametrize("answer", PEERS["answers"], ids=lambda a: a["call"])
def test_they_agree_with_the_package_unless_they_are_traps(
    answer: dict[str, object],
) -> None:
    mine = float(ce.softmax_cross_entropy(PEERS["logits"], PEERS["labels"]))
    value = answer["value"]
    if answer["trap"]:
        assert value is None or value != pytest.approx(mine, abs=0.05)
    else:
        assert value == pytest.approx(mine, rel=1e-6)
