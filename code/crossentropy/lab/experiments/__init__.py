"""The experiments of the lab: each a function of a setting and a seed.

``make experiments`` runs them all into ``book/results/experiments.json``; the book
reads that file with :mod:`crossentropy.lab.experiments.results`.
"""

from __future__ import annotations

from crossentropy.lab.experiments.recovery import RECOVERY
from crossentropy.lab.experiments.runner import Experiment

EXPERIMENTS: dict[str, Experiment] = {
    experiment.name: experiment for experiment in (RECOVERY,)
}
