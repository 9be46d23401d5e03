"""Exercises on surprisal, entropy, cross-entropy and perplexity."""

from __future__ import annotations

import numpy as np

from crossentropy._validate import ScalarOrArray
from crossentropy.exercises._model import Exercise, Idea, Law, edge, ordinary
from crossentropy.exercises._values import Array


def surprisal(q: Array) -> ScalarOrArray:
    """Return the surprisal in bits of outcomes that had probability q."""
    with np.errstate(divide="ignore"):
        return -np.log2(q)


SURPRISAL = Exercise(
    name="surprisal",
    title="Surprise in bits",
    section="information-surprisal",
    task=r"""
The surprisal of an outcome that had the probability $q$ is $-\log q$. Write
`surprisal(q)`, which takes an array of probabilities and returns the surprisal of each
in **bits**.

What was certain is worth 0 bits, a fair coin's side 1 bit. What had no chance at all is
an infinite surprise.
""",
    reference=surprisal,
    cases=(
        ordinary("a surprisal in bits is minus the logarithm to base 2", [0.25, 0.9]),
        ordinary("each halving of the probability adds one bit", [0.3, 0.15, 0.6]),
        edge("what was certain is no surprise", [1.0, 0.5]),
        edge("what had no chance at all is an infinite surprise", [0.0, 0.5]),
    ),
    ideas=(
        Idea(
            "nats for bits",
            "information-surprisal",
            "The natural logarithm counts in nats. One bit is log 2 nats, so a value "
            "in nats is too small by that factor; `np.log2` counts in bits.",
            lambda q: -np.log(q),
        ),
        Idea(
            "sign",
            "information-surprisal",
            "The logarithm of a number below 1 is negative. A surprisal is minus that "
            "logarithm, so that less probable outcomes surprise more.",
            lambda q: np.log2(q),
            lambda q: np.log(q),
        ),
        Idea(
            "one minus the probability",
            "information-surprisal",
            "1 - q falls as q grows, but it does not add up: two independent outcomes "
            "must be together as surprising as the sum of both. Only a logarithm does "
            "that.",
            lambda q: 1 - q,
        ),
        Idea(
            "the odds against for the surprisal",
            "information-surprisal",
            "1/q multiplies for independent outcomes. Its logarithm adds.",
            lambda q: 1 / q,
        ),
    ),
    hint="One bit is the surprise of one half. Which logarithm of 1/2 is -1?",
    right="Bits add up for independent outcomes, as probabilities multiply.",
)


def entropy(p: Array) -> ScalarOrArray:
    """Return the entropy of the distribution p in nats."""
    seen = p[p > 0]
    return -np.sum(seen * np.log(seen))


ENTROPY = Exercise(
    name="entropy",
    title="The surprise to expect",
    section="information-entropy",
    task=r"""
Write `entropy(p)`, the mean surprisal of a distribution $p$ in **nats**:

$$
H(p) = \sum_k p_k \, (-\log p_k) .
$$

An outcome with $p_k = 0$ never occurs and adds nothing.
""",
    reference=entropy,
    cases=(
        ordinary("each surprisal counts with its probability", [0.5, 0.25, 0.25]),
        ordinary("the unit is nats", [0.7, 0.2, 0.08, 0.02]),
        edge(
            "what never occurs adds nothing",
            [0.5, 0.5, 0.0],
            why="0 times minus infinity is nan in floats. Leave the zeros out first.",
        ),
        edge("certainty has no entropy", [0.0, 1.0]),
    ),
    laws=(Law("an entropy is not negative", lambda p, h: bool(h >= 0)),),
    ideas=(
        Idea(
            "log base 2",
            "information-entropy",
            "That is the entropy in bits. The natural logarithm, `np.log`, gives nats, "
            "the unit that deep-learning libraries print.",
            lambda p: -np.sum(p * np.log2(p)),
        ),
        Idea(
            "sign",
            "information-entropy",
            "Each log p is negative or 0. A surprisal is minus the logarithm.",
            lambda p: np.sum(p * np.log(p)),
        ),
        Idea(
            "mean for sum",
            "information-entropy",
            "Weighting by p already makes the sum an average. Dividing by the number "
            "of outcomes averages a second time.",
            lambda p: -np.mean(p * np.log(p)),
        ),
        Idea(
            "the probabilities forgotten as weights",
            "information-entropy",
            "A rare outcome is a large surprise that seldom comes. Each surprisal "
            "counts with its own probability.",
            lambda p: -np.sum(np.log(p)),
            lambda p: -np.mean(np.log(p)),
        ),
        Idea(
            "0 log 0 left to the computer",
            "information-entropy",
            "In floats 0 * log(0) is 0 times minus infinity, which is nan. The limit "
            "is 0: an outcome that never occurs adds nothing.",
            lambda p: -np.sum(p * np.log(p)),
        ),
    ),
    hint="Pick out the entries above 0 first: `p[p > 0]`.",
    right="It is at most log K, which the uniform distribution reaches.",
)


def cross_entropy(p: Array, q: Array) -> ScalarOrArray:
    """Return the cross-entropy H(p, q) of two distributions, in nats."""
    seen = p > 0
    with np.errstate(divide="ignore"):
        return -np.sum(p[seen] * np.log(q[seen]))


CROSS_ENTROPY = Exercise(
    name="cross_entropy",
    title="Nature picks from p, we pay by q",
    section="information-cross-entropy",
    task=r"""
Write `cross_entropy(p, q)` for two distributions over the same outcomes, in **nats**:

$$
H(p, q) = \sum_k p_k \, (-\log q_k) .
$$

What $p$ never picks costs nothing, even where $q_k = 0$. What $p$ may pick and $q$
rules out costs infinity.
""",
    reference=cross_entropy,
    cases=(
        ordinary(
            "outcomes occur with p and cost by q", [0.5, 0.25, 0.25], [0.2, 0.3, 0.5]
        ),
        ordinary(
            "the mean is over p, in nats", [0.1, 0.6, 0.2, 0.1], [0.4, 0.3, 0.2, 0.1]
        ),
        edge(
            "for q = p it is the entropy of p, not 0",
            [0.5, 0.25, 0.25],
            [0.5, 0.25, 0.25],
        ),
        edge(
            "what p never picks costs nothing",
            [0.5, 0.5, 0.0],
            [0.3, 0.7, 0.0],
            why="0 times infinity is nan in floats. Leave out the outcomes with p = 0.",
        ),
        edge("what q rules out and p may pick costs infinity", [0.5, 0.5], [1.0, 0.0]),
    ),
    ideas=(
        Idea(
            "p and q swapped",
            "information-cross-entropy",
            "Nature picks from p, so p is the weight; we pay according to q, so q "
            "stands in the logarithm. H(p, q) and H(q, p) differ.",
            lambda p, q: -np.sum(q * np.log(p)),
        ),
        Idea(
            "log base 2",
            "information-surprisal",
            "That is the cross-entropy in bits; nats come from the natural logarithm.",
            lambda p, q: -np.sum(p * np.log2(q)),
        ),
        Idea(
            "mean for sum",
            "information-cross-entropy",
            "Weighting by p already averages. Dividing by the number of outcomes as "
            "well makes the value K times too small.",
            lambda p, q: -np.mean(p * np.log(q)),
        ),
        Idea(
            "sign",
            "information-cross-entropy",
            "Logarithms of probabilities are negative; a cost is minus the logarithm.",
            lambda p, q: np.sum(p * np.log(q)),
        ),
        Idea(
            "the KL divergence for the cross-entropy",
            "information-cross-entropy",
            "KL is the waste alone, H(p, q) - H(p), and 0 for q = p. The cross-entropy "
            "is the whole cost, and its least value is H(p).",
            lambda p, q: np.sum(p * np.log(p / q)),
            lambda p, q: np.sum(p * (np.log(p) - np.log(q))),
        ),
        Idea(
            "the classes that did not occur charged too",
            "labels-one-or-two",
            "The terms (1 - p) log(1 - q) belong to separate yes-or-no questions, one "
            "for each class. One distribution over exclusive classes has none.",
            lambda p, q: -np.sum(p * np.log(q) + (1 - p) * np.log(1 - q)),
            lambda p, q: -np.mean(p * np.log(q) + (1 - p) * np.log(1 - q)),
        ),
        Idea(
            "the logarithm of the mean",
            "information-cross-entropy",
            "The mean of the logarithms is wanted, not the logarithm of the mean "
            "probability: the logarithm comes first, then the average.",
            lambda p, q: -np.log(np.sum(p * q)),
        ),
        Idea(
            "the entropy of q",
            "information-cross-entropy",
            "That is what q expects to pay. The outcomes come from p, though.",
            lambda p, q: -np.sum(q * np.log(q)),
        ),
        Idea(
            "0 log 0 left to the computer",
            "information-entropy",
            "In floats 0 * log(0) is nan. Where p is 0 the term is 0, whatever q is.",
            lambda p, q: -np.sum(p * np.log(q)),
        ),
    ),
    hint="Which of the two distributions says how often something happens?",
    right="For a one-hot p a single term is left, -log q_y: the loss of a classifier.",
)


def perplexity(losses: Array) -> ScalarOrArray:
    """Return the perplexity of predictions with these losses (in nats)."""
    return np.exp(np.mean(losses))


PERPLEXITY = Exercise(
    name="perplexity",
    title="An effective number of choices",
    section="information-perplexity",
    task=r"""
A language model's losses on single tokens, in nats, are given as an array. Write
`perplexity(losses)`: the number of equally likely tokens among which a guess would cost
the same **mean** loss.
""",
    reference=perplexity,
    cases=(
        ordinary("first the mean, then the exponential", [1.0, 3.0, 2.0]),
        ordinary("it is in the unit of the losses, nats", [0.2, 2.5]),
        edge("no loss is no choice: 1", [0.0, 0.0]),
    ),
    ideas=(
        Idea(
            "the mean of the exponentials",
            "information-perplexity",
            "Each token's own perplexity is e to its loss, and one bad token dominates "
            "the mean of those. The perplexity averages the losses first.",
            lambda losses: np.mean(np.exp(losses)),
        ),
        Idea(
            "a power of 2 of a loss in nats",
            "information-perplexity",
            "2 to the loss is right for a loss in bits. These are nats, so the base "
            "is e.",
            lambda losses: 2 ** np.mean(losses),
        ),
        Idea(
            "sum for mean",
            "information-perplexity",
            "The sum grows with the length of the text. The perplexity is for one "
            "token: take the mean.",
            lambda losses: np.exp(np.sum(losses)),
        ),
        Idea(
            "the probability for the number of choices",
            "loss-values",
            "e to minus the loss is the typical probability of the right token. The "
            "perplexity is one over that.",
            lambda losses: np.exp(-np.mean(losses)),
        ),
        Idea(
            "the loss itself",
            "information-perplexity",
            "The mean loss is the logarithm of the perplexity.",
            lambda losses: np.mean(losses),
        ),
    ),
    hint="A guess among n equally likely tokens costs log n. Solve for n.",
    right="It is one over the geometric mean of the right tokens' probabilities.",
)
