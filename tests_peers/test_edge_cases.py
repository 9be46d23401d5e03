"""What the peers return where the package's own edge cases are right.

These are facts about the pinned versions. A test that fails after an update tells that
a peer has changed, and that the text which cites it must follow.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import keras
import numpy as np
import optax
import pytest
import sklearn.metrics
import tensorflow as tf

import crossentropy as ce

INF = np.inf


def optax_loss(z, y):
    return np.asarray(
        optax.softmax_cross_entropy_with_integer_labels(jnp.asarray(z), jnp.asarray(y))
    )


def tf_loss(z, y):
    return tf.nn.sparse_softmax_cross_entropy_with_logits(y, tf.constant(z)).numpy()


def test_confident_rows_in_float32():
    """All three return 0; the loss is 2.8e-9."""
    z = np.array([[20.0, 0.0, -1.0]], np.float32)
    truth = np.log1p(np.exp(-20.0) + np.exp(-21.0))
    np.testing.assert_allclose(ce.softmax_cross_entropy(z, [0]), truth, rtol=1e-6)
    assert optax_loss(z, [0]) == 0
    assert tf_loss(z, [0]) == 0
    assert sklearn.metrics.log_loss([0], ce.softmax(z), labels=[0, 1, 2]) < 1e-6


def test_one_infinite_logit():
    """Jax and TensorFlow: nan."""
    z = np.array([INF, 0.0, 0.0])
    assert np.isnan(jax.nn.softmax(jnp.asarray(z))).any()
    assert np.isnan(tf.nn.softmax(z).numpy()).any()
    np.testing.assert_array_equal(ce.softmax(z), [1, 0, 0])


def test_int8_logits():
    """In jax the difference wraps around: [.27, .73]."""
    z = np.array([127, -128], np.int8)
    np.testing.assert_allclose(jax.nn.softmax(jnp.asarray(z)), [0.27, 0.73], atol=0.005)
    assert ce.softmax(z)[0] == 1


class TestLabelsOutOfRange:
    z = np.array([[1.0, 2.0, 3.0]])

    def test_optax_gives_nan_or_wraps(self):
        assert np.isnan(optax_loss(self.z, [3])).all()
        np.testing.assert_array_equal(optax_loss(self.z, [-1]), optax_loss(self.z, [2]))

    def test_tensorflow_gives_nan_when_compiled(self):
        compiled = tf.function(tf_loss_graph, jit_compile=True)
        assert np.isnan(compiled(self.z, [3]).numpy()).all()

    def test_ours_names_the_row(self):
        for label in (3, -1):
            with pytest.raises(ValueError, match=f"row 0 has label {label}; valid"):
                ce.softmax_cross_entropy(self.z, [label])


def tf_loss_graph(z, y):
    return tf.nn.sparse_softmax_cross_entropy_with_logits(y, z)


def test_a_zero_target_and_an_infinite_logarithm():
    """Optax: nan, from 0 * -inf."""
    z, p = np.array([[0.0, -INF]]), np.array([[1.0, 0.0]])
    theirs = optax.softmax_cross_entropy(jnp.asarray(z), jnp.asarray(p))
    assert np.isnan(theirs).all()
    assert ce.soft_label_cross_entropy(z, p) == 0


def test_zero_probabilities_in_a_divergence():
    """Optax: p = q = 0 gives nan."""
    p, q = np.array([1.0, 0.0]), np.array([1.0, 0.0])
    assert np.isnan(optax.kl_divergence(jnp.log(q), jnp.asarray(p)))
    assert ce.kl_divergence(p, q) == 0


@pytest.mark.parametrize("peer", ["optax", "tensorflow"])
def test_infinite_logits_of_binary_cross_entropy(peer):
    """No peer gets all of 0, inf, 0, inf."""
    z, y = np.array([INF, INF, -INF, -INF]), np.array([1.0, 0.0, 0.0, 1.0])
    if peer == "optax":
        theirs = np.asarray(optax.sigmoid_binary_cross_entropy(jnp.asarray(z), y))
    else:
        theirs = tf.nn.sigmoid_cross_entropy_with_logits(y, z).numpy()
    right = [0, INF, 0, INF]
    assert not np.array_equal(theirs, right)
    ours = ce.sigmoid_cross_entropy(z, y, reduction="none")
    np.testing.assert_array_equal(ours, right)


def test_keras_takes_logits_for_probabilities_in_silence():
    """With its default from_logits=False it clips them, and returns a number."""
    z, y = np.array([[1.0, 2.0, 0.5], [4.0, -1.0, 0.0]]), np.array([0, 1])
    wrong = float(keras.losses.SparseCategoricalCrossentropy()(y, z))
    assert np.isfinite(wrong)
    assert abs(wrong - ce.softmax_cross_entropy(z, y)) > 1
    with pytest.raises(ValueError, match="q: row 0 is not a distribution"):
        ce.cross_entropy(ce.one_hot(y, 3), z)


def test_scikit_learn_clips_by_precision():
    """The same rows: 18.02 in double, 7.97 in single precision."""
    q = np.array([[1.0, 0.0], [1.0, 0.0]])
    wide = sklearn.metrics.log_loss([0, 1], q)
    single = sklearn.metrics.log_loss([0, 1], q.astype(np.float32))
    np.testing.assert_allclose([wide, single], [18.02, 7.97], atol=0.01)
    assert ce.cross_entropy(ce.one_hot([0, 1], 2), q).max() == INF


def test_tensorflow_lets_the_gradient_into_the_labels():
    """Its loss for distributions differentiates the labels too; ours does not."""
    z, p = tf.Variable([[1.0, 2.0]]), tf.Variable([[0.5, 0.5]])
    with tf.GradientTape() as tape:
        loss = tf.nn.softmax_cross_entropy_with_logits(p, z)
    assert np.abs(tape.gradient(loss, p).numpy()).max() > 0.3
