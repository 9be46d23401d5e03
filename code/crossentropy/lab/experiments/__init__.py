"""The experiments of the lab: each a function of a setting and a seed.

``make experiments`` runs them all into ``book/results/experiments.json``; the book
reads that file with :mod:`crossentropy.lab.experiments.results`.
"""

from __future__ import annotations

from crossentropy.lab.experiments.collapse import COLLAPSE
from crossentropy.lab.experiments.imbalance import IMBALANCE, RARE_LABEL
from crossentropy.lab.experiments.multilabel import MULTILABEL
from crossentropy.lab.experiments.none_of_these import NONE_OF_THESE, ONE_VS_REST
from crossentropy.lab.experiments.precision import PRECISION
from crossentropy.lab.experiments.prior_bias import PRIOR_BIAS
from crossentropy.lab.experiments.rates import RATES
from crossentropy.lab.experiments.recovery import RECOVERY
from crossentropy.lab.experiments.runner import Experiment
from crossentropy.lab.experiments.smoothing import NOISY_LABELS, SMOOTHING
from crossentropy.lab.experiments.unseen import UNSEEN

EXPERIMENTS: dict[str, Experiment] = {
    experiment.name: experiment
    for experiment in (
        RECOVERY,
        RATES,
        COLLAPSE,
        PRIOR_BIAS,
        MULTILABEL,
        NONE_OF_THESE,
        ONE_VS_REST,
        UNSEEN,
        SMOOTHING,
        NOISY_LABELS,
        IMBALANCE,
        RARE_LABEL,
        PRECISION,
    )
}
