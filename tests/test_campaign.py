"""A small part of the campaign of random rows, with seeds that are always the same."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.campaign import ENOUGH, Wide, campaign, shares


@pytest.mark.skipif(not ENOUGH, reason="long double has too few digits to judge by")
@pytest.mark.parametrize("seed", range(3))
def test_no_answer_is_further_off_than_its_docstring_says(seed):
    tally = campaign(150_000, seed)
    assert {name: wrong for name, (_, wrong, _) in tally.items() if wrong} == {}


def test_what_counts_as_wrong():
    right = [(1, 1), (np.nan, np.nan), (np.inf, np.inf), (np.inf, 1e39), (1e-45, 0)]
    wrong = [(1 + 2e-6, 1), (0, np.nan), (np.nan, 1), (1, np.inf), (-np.inf, np.inf)]
    wrong += [(np.inf, 1e38), (-np.inf, 1e39), (1e-9, 0)]
    found, truth = np.array(right + wrong).T
    with np.errstate(all="ignore"):
        found, truth = found.astype(np.float32), truth.astype(Wide)
        share = shares(found, truth, np.abs(truth) / 10**6)
    assert (share <= 1).tolist() == [True] * len(right) + [False] * len(wrong)
