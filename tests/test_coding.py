"""Prefix codes against exact rationals, brute force and Shannon's bounds."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossentropy import entropy, softmax
from crossentropy.coding import (
    blocks,
    code_from_lengths,
    decode,
    encode,
    expected_length,
    huffman_code,
    kraft_sum,
    shannon_code,
    symbol_frequencies,
)

counts = st.dictionaries(
    st.text(max_size=3), st.integers(1, 10**6), min_size=1, max_size=40
)
messages = st.text(alphabet="abcdé \n🙂", min_size=1, max_size=200)


def shares(counted: dict[str, int]) -> dict[str, float]:
    total = sum(counted.values())
    return {symbol: n / total for symbol, n in counted.items()}


def is_prefix_free(words: list[str]) -> bool:
    return not any(
        a != b and b.startswith(a) for a, b in product(words, repeat=2)
    ) and len(set(words)) == len(words)


@given(counts)
def test_huffman_and_shannon_codes_are_prefix_codes_within_a_bit_of_the_entropy(
    counted: dict[str, int],
) -> None:
    p = shares(counted)
    bits = float(entropy(list(p.values()), unit="bits"))
    for code in (huffman_code(p), shannon_code(p)):
        assert set(code) == set(p)
        assert is_prefix_free(list(code.values()))
        assert kraft_sum(len(word) for word in code.values()) <= 1
        mean = expected_length(p, code)
        assert bits - 1e-9 <= mean
        assert mean < bits + 1 or len(p) == 1
    best = expected_length(p, huffman_code(p))
    assert best <= expected_length(p, shannon_code(p)) + 1e-12 or len(p) == 1


@pytest.mark.parametrize(
    "weights", [(1, 1), (5, 2, 1), (1, 1, 1, 1), (8, 5, 3, 2, 1), (13, 1, 1, 1, 4)]
)
def test_huffman_is_as_short_as_the_best_of_all_codes(weights: tuple[int, ...]) -> None:
    n = len(weights)
    allowed = [
        lengths
        for lengths in product(range(1, n + 1), repeat=n)
        if sum(Fraction(1, 2**length) for length in lengths) <= 1
    ]
    best = min(
        sum(w * length for w, length in zip(weights, lengths, strict=True))
        for lengths in allowed
    )
    code = huffman_code({k: w / sum(weights) for k, w in enumerate(weights)})
    assert sum(w * len(code[k]) for k, w in enumerate(weights)) == best


def test_huffman_code_of_one_symbol_can_be_decoded() -> None:
    assert decode(encode("aaa", huffman_code({"a": 1.0})), {"a": "0"}) == ["a"] * 3


def test_shannon_lengths_are_exact_at_powers_of_two() -> None:
    p = {k: 2.0**-k for k in range(1, 60)}
    code = shannon_code(p)
    assert [len(code[k]) for k in p] == list(p)


@given(st.integers(2, 10**9), st.integers(1, 10**9))
def test_shannon_length_is_the_ceiling_of_the_surprisal(n: int, k: int) -> None:
    q = k / n if k < n else 0.3
    length = len(shannon_code({"x": q})["x"])
    assert Fraction(1, 2**length) <= Fraction(q) < Fraction(2, 2**length)


@given(messages)
def test_decoding_gives_the_message_back(message: str) -> None:
    p = symbol_frequencies(message)
    for code in (huffman_code(p), shannon_code(symbol_frequencies(message + "xy"))):
        assert "".join(decode(encode(message, code), code)) == message


@given(messages)
def test_length_of_the_encoded_message_is_the_expected_length(message: str) -> None:
    p = symbol_frequencies(message)
    code = huffman_code(p)
    measured = len(encode(message, code)) / len(message)
    assert math.isclose(measured, expected_length(p, code), rel_tol=1e-12)


@given(messages, st.integers(1, 5))
def test_blocks_join_to_the_message(message: str, size: int) -> None:
    cut = blocks(message, size)
    assert all(len(block) == size for block in cut)
    whole = "".join("".join(block) for block in cut)
    assert whole == message[: len(message) // size * size]


def test_symbol_frequencies_add_one_reaches_the_whole_alphabet() -> None:
    assert symbol_frequencies("aab", alphabet="abc", add=1) == {
        "a": 3 / 6,
        "b": 2 / 6,
        "c": 1 / 6,
    }
    assert "c" not in symbol_frequencies("aab", alphabet="abc")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: symbol_frequencies(""), "symbols holds nothing"),
        (lambda: symbol_frequencies("a", add=-1), "add must be 0 or more; got -1"),
        (lambda: huffman_code({}), "probabilities is empty"),
        (
            lambda: huffman_code({"a": 0.0}),
            r"probabilities\['a'\] must lie in \(0, 1\]",
        ),
        (lambda: shannon_code({"a": math.nan}), r"probabilities\['a'\]"),
        (lambda: shannon_code({"a": 0.9, "b": 0.2}), "must sum to at most 1"),
        (lambda: code_from_lengths({"a": 1, "b": 1, "c": 2}), "Kraft sum .* got 5/4"),
        (lambda: encode("abz", {"a": "0", "b": "1"}), r"symbols\[2\] is 'z'"),
        (lambda: decode("011", {"a": "0", "b": "10"}), "'11' is left over"),
        (lambda: blocks("abc", 0), "size must be at least 1; got 0"),
    ],
)
def test_bad_input_is_named(call: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()  # type: ignore[operator]


class TestSoftmaxIsTaken:
    @pytest.mark.parametrize(
        "logits",
        [[40.0, 0.0], [60.0, 0.0, 1.0], [40.0, 40.0, 0.0], [0.0, 0.0], [700.0, 0.0]],
    )
    def test_as_it_comes(self, logits: list[float]) -> None:
        q = dict(enumerate(map(float, softmax(logits))))
        for code in (shannon_code(q), huffman_code(q)):
            assert is_prefix_free(list(code.values()))
            message = [0, 0, 1, 0]
            assert decode(encode(message, code), code) == message
            assert expected_length(q, code) >= float(entropy(list(q.values())))
        words = shannon_code(q)
        for symbol, word in words.items():
            shortest = math.ceil(-math.log2(q[symbol]) - 1e-12)
            assert shortest <= len(word) <= shortest + 1

    def test_at_random(self) -> None:
        rng = np.random.default_rng(0)
        for _ in range(500):
            q = softmax(rng.normal(0, 15, int(rng.integers(2, 12))))
            if (q > 0).all():
                code = shannon_code(dict(enumerate(map(float, q))))
                assert is_prefix_free(list(code.values()))

    def test_lengths_change_only_where_no_code_would_be_left(self) -> None:
        """As floats, 0.5 and five times 0.1 sum to more than 1; the lengths do not."""
        q = {"a": 0.5} | dict.fromkeys("bcdef", 0.1)
        assert sum(map(Fraction, q.values())) > 1
        assert [len(word) for word in shannon_code(q).values()] == [1, 4, 4, 4, 4, 4]


@pytest.mark.parametrize("certain", [1.0, 1 + 2**-52, 0.75])
def test_a_single_symbol_is_not_lost(certain: float) -> None:
    for code in (shannon_code({"a": certain}), huffman_code({"a": certain})):
        assert code == {"a": "0"}
        assert decode(encode("aaa", code), code) == ["a"] * 3
    with pytest.raises(
        ValueError, match=r"symbols\[0\] is 'a', whose word .* is empty"
    ):
        encode("aaa", code_from_lengths({"a": 0}))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: kraft_sum([1, -1]), ValueError, r"lengths\[1\]: expected an integer"),
        (lambda: kraft_sum([1.5]), ValueError, r"lengths\[0\]: expected an integer"),
        (lambda: kraft_sum(["1"]), TypeError, r"lengths\[0\]: expected an integer"),
        (lambda: kraft_sum([10**11]), ValueError, r"lengths\[0\]: .* <= 1000000"),
        (lambda: code_from_lengths({"a": -1}), ValueError, r"lengths\[0\]"),
        (
            lambda: expected_length({"a": 0.5, "c": 0.5}, {"a": "0"}),
            ValueError,
            "code has no word for 'c'",
        ),
        (
            lambda: expected_length({"a": "1"}, {"a": "0"}),
            TypeError,
            r"p\['a'\]: expected a number, got '1'",
        ),
        (
            lambda: expected_length({"a": 2.0}, {"a": "0"}),
            ValueError,
            r"p\['a'\]: expected a number from 0 to 1",
        ),
        (
            lambda: huffman_code({"a": "0.5"}),
            TypeError,
            r"probabilities\['a'\]: expected a number",
        ),
        (lambda: shannon_code({"a": 10**400}), ValueError, r"probabilities\['a'\]"),
        (lambda: symbol_frequencies("ab", add="1"), TypeError, "add: expected a"),
    ],
)
def test_arguments_are_named(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()
