"""Random rows, ordinary and hostile, against formulas in extended precision.

``python -m benchmarks.campaign --rows 1_000_000 --seed 1`` prints, for each function
and type, the rows it was given, how many answers were wrong, and the largest error as a
share of the bound that the docstring states. The formulas here are those of the book,
written once more: in 80 bits they need no care. So a computer is needed whose long
double has them, such as any x86 with Linux.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import Any

import numpy as np

import crossentropy as ce

Array = Any
Rng = np.random.Generator
# Name, what a function gave, what is right, and how far it may be off.
Case = tuple[str, Array, Array, Array]
Wide = np.longdouble
ENOUGH = np.finfo(Wide).nmant >= 63
BOUND = {"float16": 1e-6, "float32": 1e-6, "float64": 1e-14}
UNIT = {"float16": 2.0**-24, "float32": 2.0**-24, "float64": 2.0**-53}  # it works in


def shares(found: Array, truth: Array, allowed: Array) -> Array:
    """Error of each entry as a share of what it may be; 2 if it is of another kind."""
    limits = np.finfo(found.dtype)
    allowed = allowed + least(found.dtype)
    if found.dtype == np.float16:  # the result is rounded, whatever came before
        allowed += np.abs(truth) * Wide(2.0**-11)
    share = np.abs(found - truth) / allowed
    edge = np.abs(truth) >= Wide(limits.max) * (1 - Wide(BOUND[found.dtype.name]))
    infinite = np.isinf(found) & (np.sign(found) == np.sign(truth)) & edge
    share[(found == truth) | infinite] = 0.0
    odd = np.isnan(truth) | np.isnan(found)
    share[odd] = np.where(np.isnan(truth) & np.isnan(found), 0.0, 2.0)[odd]
    return share


def least(dtype: Any) -> Array:
    """Error of numbers below the least normal one, which have fewer digits."""
    return 32 * Wide(np.finfo(dtype).smallest_subnormal)


def relaid(x: Array, rng: Rng) -> Array:
    """The same numbers in another layout."""
    layouts: list[Any] = [
        np.asfortranarray,
        lambda x: np.repeat(x, 2, axis=-1)[..., ::2],
        lambda x: np.ascontiguousarray(x[..., ::-1])[..., ::-1],
        lambda x: x.astype(x.dtype.newbyteorder()),
        np.ascontiguousarray,
    ]
    return layouts[rng.integers(len(layouts))](x)


def a_shape(rng: Rng) -> tuple[int, int]:
    """Rows and classes: mostly many rows, now and then many classes."""
    if rng.random() < 0.02:
        return 2, int(rng.choice([1000, 10_000, 50_257, 250_000]))
    k = int(10 ** rng.uniform(0, 2.1))
    return max(2, 20_000 // (k + 4)), k


def logits(rng: Rng, dtype: Any, shape: tuple[int, int]) -> Array:
    """Logits of one kind: moderate, tied, confident, far off, masked or wild."""
    z, kind = rng.normal(size=shape) * 10 ** rng.uniform(-3, 1.5), rng.integers(8)
    if kind == 0:
        z = z.round()
    elif kind == 1:
        z += 10.0 ** rng.uniform(0, 4) * rng.choice([-1, 1])
    elif kind == 2:
        z[:, 0] += rng.uniform(0, 60)
    elif kind == 3:
        z[...] = z[:, :1]
        z[:, -1:] -= rng.uniform(-20, 20)
    z = z.astype(dtype)
    if kind >= 6:
        limits = np.finfo(dtype)
        special = [limits.min, limits.max, limits.min / 2, -limits.tiny, -np.inf, -0.0]
        special += [np.inf, np.nan] if kind == 7 else [limits.smallest_subnormal, 0.0]
        chosen = rng.random(shape) < 10 ** rng.uniform(-3, -0.3)
        z[chosen] = rng.choice(np.array(special, dtype), chosen.sum())
    return z


def distributions(rng: Rng, dtype: Any, shape: tuple[int, int]) -> Array:
    """Distributions: even, uneven, with zeros, or made by softmax."""
    if rng.random() < 0.3:
        p = ce.softmax(rng.normal(size=shape) * 10 ** rng.uniform(-3, 2))
    else:
        p = rng.standard_gamma(10 ** rng.uniform(-1.5, 2), shape) + 1e-300
        p[rng.random(shape) < rng.choice([0.0, 0.3])] = 0.0
        p[:, 0] += p.sum(axis=1) == 0
        p /= p.sum(axis=1, keepdims=True)
    p = p.astype(dtype)
    off = np.abs(p.sum(axis=1, dtype=np.float64) - 1) > np.sqrt(np.finfo(dtype).eps)
    p[off] = np.arange(shape[1]) == 0  # too coarse to sum to 1
    return p


class Exact:
    """Softmax of rows in extended precision, and the bound of each row."""

    def __init__(self, z: Array, temperature: float = 1.0) -> None:
        wide = z.astype(Wide)
        self.m = wide.max(axis=1, keepdims=True)
        below = wide - self.m
        below[(wide == self.m) & np.isposinf(self.m)] = 0.0
        self.below = below / Wide(temperature)
        first = self.below.argmax(axis=1)[:, None]
        e = np.exp(self.below)
        others = e.copy()
        np.put_along_axis(others, first, 0.0, axis=1)
        self.rest = others.sum(axis=1, keepdims=True)
        self.rest[np.isnan(self.below).any(axis=1)] = np.nan
        total = 1 + self.rest
        self.q, self.log_q = e / total, self.below - np.log1p(self.rest)
        self.away = (total - e) / total  # 1 - q, of the largest from the others
        np.put_along_axis(self.away, first, self.rest / total, axis=1)
        finite = np.nan_to_num(np.where(np.isinf(self.below), 0, self.below))
        span = -finite.min(axis=1, keepdims=True)
        twice = 2 if temperature != 1.0 and z.dtype == np.float64 else 1
        unit = UNIT[z.dtype.name] * twice
        self.bound = BOUND[z.dtype.name] + np.where(span > 16, unit * span, 0.0)


def softmaxes(rng: Rng, dtype: Any) -> Iterator[Case]:
    """Softmax and its kin."""
    z = logits(rng, dtype, a_shape(rng))
    powers = [0.0, 0.0, rng.uniform(-3, 3), rng.uniform(-30, 30)]
    t = float(10 ** rng.choice(powers))
    x, y, given = Exact(z, t), Exact(z), relaid(z, rng)
    q, log_q = (f(given, temperature=t) for f in (ce.softmax, ce.log_softmax))
    yield "softmax", q, x.q, x.bound * x.q
    yield "log_softmax", log_q, x.log_q, -x.bound * x.log_q
    total = np.where(np.isinf(y.m), y.m, y.m + np.log1p(y.rest))
    near = UNIT[dtype.name] * np.abs(total) + y.bound * np.log1p(y.rest)
    yield "logsumexp", ce.logsumexp(given, keepdims=True), total, near


def plain_losses(rng: Rng, dtype: Any) -> Iterator[Case]:
    """Losses of index labels without options, and their gradients."""
    n, k = a_shape(rng)
    z, y = logits(rng, dtype, (n, k)), rng.integers(0, k, n)
    x, given, at = Exact(z), relaid(z, rng), (np.arange(n), y)
    b, c, u, q = x.bound[:, 0], -x.log_q[at], x.away[at], x.q[at]
    d = np.where(np.equal(y[:, None], np.arange(k)), -x.away, x.q)
    loss, slope = ce.softmax_cross_entropy_and_grad(given, y, reduction="none")
    yield "softmax_cross_entropy", loss, c, b * c
    yield "softmax_cross_entropy'", slope, d, x.bound * np.abs(d)
    gamma = float(rng.choice([0.0, 0.5, 2.0, 10 ** rng.uniform(-2, 3)]))
    faded = np.where(q < 0.5, np.exp(gamma * np.log1p(-q)), u**gamma)
    pull = np.where(q == 0, 0, q * np.where(u == 0, 1, c / u))
    truth = d * (faded * (1 + gamma * pull))[:, None]
    loss, slope = ce.focal_loss_and_grad(given, y, gamma=gamma, reduction="none")
    yield "focal_loss", loss, faded * c, (2 + gamma) * b * faded * c
    yield "focal_loss'", slope, truth, (3 + gamma) * x.bound * np.abs(truth)
    square = (d * d).sum(axis=1)
    truth = 2 * x.q * (d - (d * x.q).sum(axis=1, keepdims=True))
    terms = np.abs(d) + (np.abs(d) * x.q).sum(axis=1, keepdims=True)
    loss, slope = ce.squared_error_and_grad(given, y, reduction="none")
    yield "squared_error", loss, square, 2 * b * square
    yield "squared_error'", slope, truth, 6 * x.bound * x.q * terms


def losses_with_options(rng: Rng, dtype: Any) -> Iterator[Case]:
    """Smoothing, soft labels, class weights, ignored rows and reductions."""
    n, k = a_shape(rng)
    z, y = logits(rng, dtype, (n, k)), rng.integers(0, k, n)
    x, wide_w, w = Exact(z), np.ones(k, Wide), None
    if rng.random() < 0.5:
        w = 10 ** rng.uniform(-3, 3, k) * 10.0 ** rng.choice([0, 0, -60, 60, -300, 300])
        wide_w = w.astype(Wide)
    eps = float(rng.choice([0.0, 0.1, 1.0, 10 ** rng.uniform(-12, 0)]))
    options: dict[str, Any] = {"label_smoothing": eps, "weight": w}
    kept, soft = np.ones(n, np.bool_), rng.random() < 0.5
    f: Any
    if soft:
        p = distributions(rng, dtype, (n, k))
        f, target = ce.soft_label_cross_entropy_and_grad, relaid(p, rng)
    else:
        p = np.equal(y[:, None], np.arange(k)).astype(dtype)
        kept = rng.random(n) < rng.choice([0.7, 1.0])
        f, target = ce.softmax_cross_entropy_and_grad, np.where(kept, y, -100)
        options["ignore_index"] = -100
    a = ((1 - Wide(eps)) * p.astype(Wide) + Wide(eps) / k) * wide_w
    divisor = (p.astype(Wide) * wide_w).sum(axis=1)[kept].sum()
    how = str(rng.choice(["none", "sum", "mean"] if divisor > 0 else ["none", "sum"]))
    divisor = divisor if how == "mean" else Wide(1)
    total, keep = a.sum(axis=1, keepdims=True), kept[:, None]
    costs = np.where((a == 0) & ~np.isnan(x.log_q), 0, -a * x.log_q)
    losses = np.where(kept, costs.sum(axis=1), 0) / divisor
    slope = np.where(x.q > 0.5, total - a - total * x.away, total * x.q - a)
    slope, terms = (np.where(keep, s, 0) / divisor for s in (slope, total * x.q + a))
    # Targets and weights are rounded, too: twice the bound.
    bound = 2 * np.where(keep, x.bound, 0)
    near, found = (
        bound[:, 0] * losses,
        f(relaid(z, rng), target, reduction=how, **options),
    )
    if how != "none":
        losses, near = losses.sum(), np.nansum(near)
    name = "soft_label_cross_entropy" if soft else "softmax_cross_entropy, options"
    yield name, found[0], losses, near
    # A probability below the least normal number is multiplied by the weights.
    coarse = np.where(keep, total, 0) / divisor * least(dtype)
    yield f"{name}'", found[1], slope, bound * terms + coarse


def excess(p: Array, q: Array) -> Array:
    """P log(p / q) - p + q, by a series where p and q are close."""
    r = (q - p) / np.where(p == 0, 1, p)
    series = r * 0
    for n in range(24, 1, -1):  # the sum of (-r)^n / n, from r^2 / 2 on
        series = (series + Wide(1) / n) * -r
    far = np.where(p == 0, 0, p * (np.log(p) - np.log(q))) - p + q
    return np.where((np.abs(r) < 0.1) & (p > 0), p * series * -r, far)


def informations(rng: Rng, dtype: Any) -> Iterator[Case]:
    """Entropies and divergences, near equality and near independence too."""
    n, k = a_shape(rng)
    p, q = distributions(rng, dtype, (n, k)), distributions(rng, dtype, (n, k))
    noise = 1 + rng.uniform(-1, 1, (n, k)) * 10 ** rng.uniform(-17, -0.3)
    if rng.random() < 0.4:
        q = p * noise
        q = (q / q.sum(axis=1, keepdims=True)).astype(dtype)
    b, x, y = BOUND[dtype.name], p.astype(Wide), q.astype(Wide)
    log_x, log_y = (np.log(np.minimum(v, 1)) for v in (x, y))
    h = np.where(x == 0, 0, -x * log_x).sum(axis=1)
    cross = np.where(x == 0, 0, -x * log_y).sum(axis=1)
    kl, worlds = excess(x, y).sum(axis=1), np.exp(cross)
    g, r = relaid(p, rng), relaid(q, rng)
    yield "entropy", ce.entropy(g), h, b * h
    yield "cross_entropy", ce.cross_entropy(g, r), cross, b * cross
    yield "kl_divergence", ce.kl_divergence(g, r), kl, b * kl
    yield "perplexity", ce.perplexity(g, r), worlds, b * (1 + cross) * worlds
    few = min(n, 30)
    joint = np.outer(rng.dirichlet(np.ones(few)), p[0] / p[0].sum()) * noise[:few]
    table = (joint / joint.sum()).astype(dtype)
    if abs(table.sum(dtype=np.float64) - 1) <= np.sqrt(np.finfo(dtype).eps):
        wide = table.astype(Wide)
        product = wide.sum(axis=1, keepdims=True) * wide.sum(axis=0) / wide.sum()
        shared, apart = excess(wide, product).sum(), np.abs(wide - product).sum()
        found = ce.mutual_information(relaid(table, rng))
        yield "mutual_information", found, shared, b * (shared + apart)


KINDS = (softmaxes, plain_losses, losses_with_options, informations)
Tally = dict[str, list[float]]  # rows, wrong answers, worst share


def campaign(rows: int, seed: int) -> Tally:
    """Give each function rows of each type, until so many have been tried in all."""
    tally: Tally = {}
    rng = np.random.default_rng(seed)
    while sum(counts[0] for counts in tally.values()) < rows:
        dtype = np.dtype(str(rng.choice(["f2", "f4", "f8"])))
        for kind in KINDS:
            with np.errstate(all="ignore"):
                for name, result, truth, allowed in kind(rng, dtype):
                    found = np.atleast_1d(result)
                    share = shares(found, *np.broadcast_arrays(truth, allowed))
                    counts = tally.setdefault(f"{name}, {found.dtype}", [0, 0, 0.0])
                    counts[0] += len(found)
                    counts[1] += int((~(share <= 1)).sum())
                    counts[2] = max(counts[2], float(share.max()))
    return tally


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.campaign")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    if not ENOUGH:
        raise SystemExit("this computer's long double has too few digits to judge by")
    tally = campaign(args.rows, args.seed)
    for name in sorted(tally):
        rows, wrong, worst = tally[name]
        print(f"{name:<42} {rows:>9} rows {wrong:>6} wrong, worst share {worst:.3f}")


if __name__ == "__main__":
    main()
