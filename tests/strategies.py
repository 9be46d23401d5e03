"""The one home of hypothesis strategies: logits, labels, distributions."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

DTYPES = st.sampled_from([np.float16, np.float32, np.float64])
WIDE_DTYPES = st.sampled_from([np.float32, np.float64])

moderate = st.floats(-20, 20, width=16)
tied = st.sampled_from([-2.0, 0.0, 0.5])
tiny = st.sampled_from([0.0, -0.0, 6e-8, -6e-8])  # denormal in half precision
huge = st.sampled_from([60000.0, -60000.0, 1000.0, -1000.0, 0.0])
infinite = st.sampled_from([np.inf, -np.inf, 0.0, 1.0])
anything = st.one_of(moderate, tied, tiny, huge, infinite, st.just(np.nan))


@st.composite
def logits(
    draw: st.DrawFn,
    *,
    dtypes: st.SearchStrategy[Any] = DTYPES,
    elements: st.SearchStrategy[float] | None = None,
    min_classes: int = 1,
    max_classes: int = 9,
    max_rows: int = 5,
    offsets: bool = True,
) -> Any:
    """A matrix of logits: moderate, tied, tiny or far apart, often far from 0."""
    dtype = draw(dtypes)
    shape = (
        draw(st.integers(1, max_rows)),
        draw(st.integers(min_classes, max_classes)),
    )
    kind = elements
    if elements is None:
        kind = draw(st.sampled_from([moderate, tied, tiny, huge]))
    z = draw(hnp.arrays(np.float64, shape, elements=kind))
    if offsets and elements is None and kind is not huge:
        z += draw(st.sampled_from([0.0, 0.0, 100.0, -100.0, 10000.0, -10000.0]))
    return z.astype(dtype)


def wild_logits(**options: Any) -> st.SearchStrategy[Any]:
    """Logits with infinities and nan among them."""
    return logits(elements=anything, **options)


@st.composite
def logits_and_labels(draw: st.DrawFn, **options: Any) -> tuple[Any, Any]:
    """Logits, and one label for each row."""
    z = draw(logits(**options))
    y = draw(hnp.arrays(np.int64, z.shape[:1], elements=st.integers(0, z.shape[1] - 1)))
    return z, y


@st.composite
def distributions(draw: st.DrawFn, *, classes: int = 4, rows: int = 3) -> Any:
    """Rows that sum to 1, some classes at exactly 0."""
    share = st.one_of(st.just(0.0), st.floats(1e-6, 1))
    counts = draw(hnp.arrays(np.float64, (rows, classes), elements=share))
    counts[:, 0] += counts.sum(axis=1) == 0
    return counts / counts.sum(axis=1, keepdims=True)


seeds = st.integers(0, 2**32 - 1)

# Predictions on and between the edges of ten bins, and outcomes.
events = st.lists(
    st.tuples(
        st.one_of(st.integers(0, 20).map(lambda i: i / 20), st.floats(0, 1)),
        st.booleans(),
    ),
    min_size=1,
    max_size=30,
)
