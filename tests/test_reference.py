"""The reference form: short enough to print, and what the fast kernel computes."""

from __future__ import annotations

import ast
import inspect

import numpy as np
import pytest

from crossentropy.reference import cross_entropy_of_row
from tests import oracles


def test_its_body_has_at_most_ten_lines():
    tree = ast.parse(inspect.getsource(cross_entropy_of_row))
    body = tree.body[0].body[1:]  # without the docstring
    assert body[-1].end_lineno - body[0].lineno + 1 <= 10


@pytest.mark.parametrize("lead", [-60.0, -16.0, 0.0, 16.0, 60.0])
def test_it_is_accurate_itself(lead):
    for offset in (0.0, 1e4):
        z = np.array([lead, 0.0, -1.0]) + offset
        loss, gradient = cross_entropy_of_row(z, 0)
        truth, slope = oracles.index_loss(z, 0)
        assert oracles.relative_error(loss, truth) <= oracles.bound(z)
        assert oracles.worst_error(gradient, slope) <= oracles.bound(z)


def test_it_does_not_change_its_input():
    z = np.array([1.0, 2.0, 0.5])
    cross_entropy_of_row(z, 1)
    np.testing.assert_array_equal(z, [1.0, 2.0, 0.5])
