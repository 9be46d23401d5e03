"""Where the peers are right, the package returns what they return."""

from __future__ import annotations

from types import MappingProxyType

import jax
import jax.numpy as jnp
import keras
import numpy as np
import optax
import pytest
import sklearn.calibration
import sklearn.metrics
import tensorflow as tf

import crossentropy as ce

RNG = np.random.default_rng(0)
Z = RNG.normal(size=(60, 5)) * 3
Y = RNG.integers(0, 5, 60)
P = RNG.dirichlet(np.ones(5), 60)
V = RNG.normal(size=60)
NEAR = {"rtol": 1e-11, "atol": 1e-14}


def jax_value_and_grad(loss, z=Z, cotangent=V):
    """Losses of the rows, and the gradient contracted with a random cotangent."""
    losses, pull = jax.vjp(loss, jnp.asarray(z))
    return np.asarray(losses), np.asarray(pull(jnp.asarray(cotangent))[0])


def tf_value_and_grad(loss, z=Z, cotangent=V):
    """Do the same by TensorFlow's tape."""
    leaf = tf.Variable(z)
    with tf.GradientTape() as tape:
        losses = loss(leaf)
    return losses.numpy(), tape.gradient(losses, leaf, cotangent).numpy()


def agree(theirs, ours):
    """Losses and contracted gradients."""
    np.testing.assert_allclose(ours[0], theirs[0], **NEAR)
    np.testing.assert_allclose(ours[1] * V[:, None], theirs[1], **NEAR)


class TestOptax:
    def test_index_labels(self):
        agree(
            jax_value_and_grad(
                lambda z: optax.softmax_cross_entropy_with_integer_labels(z, Y)
            ),
            ce.softmax_cross_entropy_and_grad(Z, Y, reduction="none"),
        )

    def test_distributions(self):
        agree(
            jax_value_and_grad(lambda z: optax.softmax_cross_entropy(z, P)),
            ce.soft_label_cross_entropy_and_grad(Z, P, reduction="none"),
        )

    @pytest.mark.parametrize("eps", [0.1, 0.5])
    def test_smoothing_is_uniform(self, eps):
        smooth = optax.smooth_labels(jnp.asarray(ce.one_hot(Y, 5)), eps)
        np.testing.assert_allclose(
            smooth, ce.smooth_labels(ce.one_hot(Y, 5), eps), **NEAR
        )
        agree(
            jax_value_and_grad(lambda z: optax.softmax_cross_entropy(z, smooth)),
            ce.softmax_cross_entropy_and_grad(
                Z, Y, label_smoothing=eps, reduction="none"
            ),
        )

    def test_sigmoid(self):
        theirs = jax_value_and_grad(
            lambda z: optax.sigmoid_binary_cross_entropy(z, P).sum(axis=1)
        )
        losses, gradient = ce.sigmoid_cross_entropy_and_grad(Z, P, reduction="none")
        agree(theirs, (losses.sum(axis=1), gradient))

    def test_hinge(self):
        theirs = jax_value_and_grad(lambda z: optax.losses.multiclass_hinge_loss(z, Y))
        agree(theirs, ce.multiclass_hinge_and_grad(Z, Y, reduction="none"))

    def test_focal(self):
        """Its binary focal loss is ours for two classes, one logit held at 0."""
        z, y = Z[:, 0], (Y > 2).astype(int)
        theirs = jax_value_and_grad(
            lambda z: optax.sigmoid_focal_loss(z, y, gamma=2.0), z
        )
        losses, gradient = ce.focal_loss_and_grad(
            np.stack([np.zeros(60), z], axis=1), y, gamma=2.0, reduction="none"
        )
        np.testing.assert_allclose(losses, theirs[0], rtol=1e-10)
        np.testing.assert_allclose(gradient[:, 1] * V, theirs[1], rtol=1e-9)

    def test_divergence(self):
        q = ce.softmax(Z)
        theirs = optax.kl_divergence(jnp.log(q), jnp.asarray(P))
        np.testing.assert_allclose(ce.kl_divergence(P, q), theirs, rtol=1e-10)


class TestJax:
    def test_the_softmax_family(self):
        for ours, theirs in (
            (ce.softmax, jax.nn.softmax),
            (ce.log_softmax, jax.nn.log_softmax),
            (ce.sigmoid, jax.nn.sigmoid),
            (ce.log_sigmoid, jax.nn.log_sigmoid),
        ):
            np.testing.assert_allclose(ours(Z), theirs(jnp.asarray(Z)), **NEAR)
        total = jax.nn.logsumexp(jnp.asarray(Z), axis=1)
        np.testing.assert_allclose(ce.logsumexp(Z), total, **NEAR)
        jacobian = jax.jacobian(jax.nn.softmax)(jnp.asarray(Z[0]))
        np.testing.assert_allclose(ce.softmax_jacobian(Z[0]), jacobian, **NEAR)


class TestTensorFlow:
    def test_index_labels(self):
        agree(
            tf_value_and_grad(
                lambda z: tf.nn.sparse_softmax_cross_entropy_with_logits(Y, z)
            ),
            ce.softmax_cross_entropy_and_grad(Z, Y, reduction="none"),
        )

    def test_distributions(self):
        agree(
            tf_value_and_grad(lambda z: tf.nn.softmax_cross_entropy_with_logits(P, z)),
            ce.soft_label_cross_entropy_and_grad(Z, P, reduction="none"),
        )

    def test_sigmoid_and_pos_weight(self):
        theirs = tf_value_and_grad(
            lambda z: tf.reduce_sum(
                tf.nn.weighted_cross_entropy_with_logits(P, z, pos_weight=2.5), axis=1
            )
        )
        losses, gradient = ce.sigmoid_cross_entropy_and_grad(
            Z, P, pos_weight=2.5, reduction="none"
        )
        agree(theirs, (losses.sum(axis=1), gradient))


class TestKeras:
    """Keras computes in float32, whatever it is given."""

    near = MappingProxyType({"rtol": 3e-5, "atol": 1e-6})

    def test_index_labels(self):
        theirs = keras.losses.SparseCategoricalCrossentropy(from_logits=True)(Y, Z)
        np.testing.assert_allclose(ce.softmax_cross_entropy(Z, Y), theirs, **self.near)

    def test_ignored_labels(self):
        y = np.where(Y == 3, -1, Y)
        theirs = keras.losses.SparseCategoricalCrossentropy(
            from_logits=True, ignore_class=-1
        )(y, Z)
        ours = ce.softmax_cross_entropy(Z, y, ignore_index=-1)
        np.testing.assert_allclose(ours, theirs, **self.near)

    def test_distributions_and_smoothing(self):
        theirs = keras.losses.CategoricalCrossentropy(
            from_logits=True, label_smoothing=0.2
        )(P, Z)
        ours = ce.soft_label_cross_entropy(Z, P, label_smoothing=0.2)
        np.testing.assert_allclose(ours, theirs, **self.near)

    def test_binary(self):
        theirs = keras.losses.BinaryCrossentropy(from_logits=True)(P, Z)
        np.testing.assert_allclose(ce.sigmoid_cross_entropy(Z, P), theirs, **self.near)

    def test_focal(self):
        theirs = keras.losses.CategoricalFocalCrossentropy(
            alpha=1.0, gamma=2.0, from_logits=True
        )(ce.one_hot(Y, 5), Z)
        np.testing.assert_allclose(ce.focal_loss(Z, Y), theirs, **self.near)


class TestScikitLearn:
    def test_log_loss(self):
        q = ce.softmax(Z)
        theirs = sklearn.metrics.log_loss(Y, q, labels=range(5))
        np.testing.assert_allclose(ce.softmax_cross_entropy(Z, Y), theirs, rtol=1e-12)
        weight = np.array([0.5, 1, 2, 3, 4])
        theirs = sklearn.metrics.log_loss(
            Y, q, labels=range(5), sample_weight=weight[Y]
        )
        ours = ce.softmax_cross_entropy(Z, Y, weight=weight)
        np.testing.assert_allclose(ours, theirs, rtol=1e-12)

    def test_hinge(self):
        theirs = sklearn.metrics.hinge_loss(Y, Z, labels=range(5))
        np.testing.assert_allclose(ce.multiclass_hinge(Z, Y), theirs, rtol=1e-13)

    def test_brier_score(self):
        q = ce.softmax(Z)
        theirs = sklearn.metrics.brier_score_loss(
            Y, q, labels=range(5), scale_by_half=False
        )
        np.testing.assert_allclose(ce.brier_score(q, Y), theirs, rtol=1e-12)

    def test_calibration_curve_of_equal_widths(self):
        p, outcomes = P[:, 0], RNG.uniform(size=60) < P[:, 0]
        frequency, confidence = sklearn.calibration.calibration_curve(
            outcomes, p, n_bins=10
        )
        curve = ce.reliability_curve(p, outcomes, bins=10)
        full = curve.counts > 0
        np.testing.assert_allclose(curve.frequency[full], frequency, rtol=1e-13)
        np.testing.assert_allclose(curve.confidence[full], confidence, rtol=1e-13)

    def test_mutual_information(self):
        a, b = RNG.integers(0, 3, 500), RNG.integers(0, 2, 500)
        joint = np.histogram2d(a, b, bins=(3, 2))[0] / 500
        theirs = sklearn.metrics.mutual_info_score(a, b)
        np.testing.assert_allclose(ce.mutual_information(joint), theirs, atol=1e-14)
