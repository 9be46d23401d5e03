"""Prefix codes: what surprisal and cross-entropy measure, made of bits.

A code gives each symbol a codeword of 0s and 1s. In a prefix code no codeword begins
another, so a string of bits can be read in one way only.
"""

from __future__ import annotations

import heapq
import math
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from fractions import Fraction
from itertools import count
from typing import TypeVar

from crossentropy._validate import as_integer, as_number, shown

S = TypeVar("S", bound=Hashable)

_SLACK = 1e-9  # rounding may leave a sum of probabilities above 1 by as much


def symbol_frequencies(
    symbols: Iterable[S], *, alphabet: Iterable[S] = (), add: int = 0
) -> dict[S, float]:
    """Return the share of each symbol, in the order of the symbols' ``repr``.

    Parameters
    ----------
    symbols : iterable
        The message; a string is a message of characters.
    alphabet : iterable
        Symbols that may occur although the message does not hold them.
    add : int
        Added to the count of every symbol before dividing (Laplace's rule for 1), so
        that a symbol of the alphabet that was never seen keeps a positive share.

    Returns
    -------
    dict
        Positive shares that sum to 1. Symbols with a share of 0 are left out.

    Raises
    ------
    ValueError
        If the message is empty, or `add` is negative.

    Examples
    --------
    >>> symbol_frequencies("abracadabra", alphabet="abcd", add=0)["a"] * 11
    5.0
    >>> symbol_frequencies("ab", alphabet="abc", add=1)
    {'a': 0.4, 'b': 0.4, 'c': 0.2}
    """
    if as_number(add, "add", -math.inf, math.inf, "a number") < 0:
        raise ValueError(f"add must be 0 or more; got {add}")
    counts = Counter(symbols)
    if not counts:
        raise ValueError("symbols holds nothing; the share of a symbol in it is 0/0")
    for symbol in set(alphabet) | set(counts):
        counts[symbol] += add
    total = sum(counts.values())
    # Sorted, because sets have no order of their own: the same message must give the
    # same code in every run.
    seen = sorted((s for s in counts if counts[s]), key=repr)
    return {symbol: counts[symbol] / total for symbol in seen}


def kraft_sum(lengths: Iterable[int]) -> Fraction:
    r"""Return :math:`\sum_i 2^{-\ell_i}`, exactly.

    A prefix code with these codeword lengths exists if and only if the sum is at most
    1.

    Parameters
    ----------
    lengths : iterable of int
        Lengths of the codewords in bits, each from 0 to 1,000,000.

    Raises
    ------
    ValueError, TypeError
        If a length is out of range, or no integer; the first one is named.

    References
    ----------
    T. M. Cover and J. A. Thomas, *Elements of Information Theory*, 2nd ed., Wiley
    2006, Theorem 5.2.1.

    Examples
    --------
    >>> kraft_sum([1, 2, 2])
    Fraction(1, 1)
    >>> kraft_sum([1, 1, 2])
    Fraction(5, 4)
    """
    whole = [as_integer(n, f"lengths[{i}]", 0, 10**6) for i, n in enumerate(lengths)]
    return sum((Fraction(1, 2**length) for length in whole), Fraction(0))


def shannon_code(probabilities: Mapping[S, float]) -> dict[S, str]:
    r"""Return a prefix code with lengths :math:`\lceil -\log_2 q_i \rceil`.

    Each codeword is less than one bit longer than the symbol's surprisal, so the
    expected length is within one bit of the entropy. A symbol that is alone, with
    probability 1, would get the empty word, from which nobody could tell how often it
    was said; it gets "0".

    Parameters
    ----------
    probabilities : mapping
        Symbol to probability; each positive, together at most 1. Where rounding has
        left their sum above 1 and the lengths would leave no prefix code, they are
        divided by it first.

    Returns
    -------
    dict
        Symbol to codeword.

    Raises
    ------
    ValueError, TypeError
        If there are no symbols, or a probability is no number from above 0 to 1 (the
        symbol is named), or they sum to more than 1 within 1e-9.

    References
    ----------
    Cover and Thomas 2006, section 5.4.

    Examples
    --------
    >>> shannon_code({"a": 0.5, "b": 0.25, "c": 0.25})
    {'a': '0', 'b': '10', 'c': '11'}
    """
    q = _checked(probabilities)
    if len(q) == 1:
        return code_from_lengths({s: max(1, _shannon_length(q[s])) for s in q})
    lengths = {s: _shannon_length(q[s]) for s in q}
    if kraft_sum(lengths.values()) > 1:
        total = sum(q.values())
        lengths = {s: _shannon_length(q[s] / total) for s in q}
    return code_from_lengths(lengths)


def _shannon_length(q: Fraction) -> int:
    """The smallest n with 2^-n <= q: exact, where a logarithm may be rounded."""
    return (math.ceil(1 / q) - 1).bit_length()


def code_from_lengths(lengths: Mapping[S, int]) -> dict[S, str]:
    """Return a prefix code with the given codeword lengths.

    The codewords are handed out in order of length, each the next free binary number:
    the proof that Kraft's inequality is enough, run as a program.

    Parameters
    ----------
    lengths : mapping
        Symbol to length in bits.

    Raises
    ------
    ValueError
        If the lengths break Kraft's inequality, so that no such code exists, or one of
        them is no integer from 0 to 1,000,000.

    References
    ----------
    Cover and Thomas 2006, Theorem 5.2.1.

    Examples
    --------
    >>> code_from_lengths({"x": 2, "y": 1, "z": 2})
    {'y': '0', 'x': '10', 'z': '11'}
    """
    total = kraft_sum(lengths.values())
    if total > 1:
        raise ValueError(
            f"lengths must have a Kraft sum of at most 1 for a prefix code; got {total}"
        )
    code, start = {}, Fraction(0)
    for symbol, length in sorted(lengths.items(), key=lambda item: item[1]):
        number = int(start * 2**length)
        code[symbol] = format(number, f"0{length}b") if length else ""
        start += Fraction(1, 2**length)
    return code


def huffman_code(probabilities: Mapping[S, float]) -> dict[S, str]:
    """Return a prefix code of the least expected length.

    The two rarest symbols get codewords that differ in their last bit only; joined to
    one symbol, they leave a smaller problem of the same kind.

    Parameters
    ----------
    probabilities : mapping
        Symbol to probability; each positive, together at most 1.

    Returns
    -------
    dict
        Symbol to codeword. One single symbol gets the codeword "0".

    Raises
    ------
    ValueError, TypeError
        As for `shannon_code`.

    References
    ----------
    D. A. Huffman, "A method for the construction of minimum-redundancy codes",
    *Proceedings of the IRE* 40 (1952), 1098-1101.

    Examples
    --------
    >>> code = huffman_code({"a": 0.5, "b": 0.25, "c": 0.25})
    >>> {symbol: len(word) for symbol, word in code.items()}
    {'a': 1, 'b': 2, 'c': 2}
    """
    _checked(probabilities)
    if len(probabilities) == 1:
        return dict.fromkeys(probabilities, "0")
    # The counter settles ties, so that symbols themselves are never compared.
    order = count()
    heap = [(q, next(order), {symbol: 0}) for symbol, q in probabilities.items()]
    heapq.heapify(heap)
    while len(heap) > 1:
        q_rarest, _, rarest = heapq.heappop(heap)
        q_next, _, second = heapq.heappop(heap)
        deeper = {symbol: depth + 1 for symbol, depth in (rarest | second).items()}
        heapq.heappush(heap, (q_rarest + q_next, next(order), deeper))
    return code_from_lengths(heap[0][2])


def encode(symbols: Iterable[S], code: Mapping[S, str]) -> str:
    """Return the message as a string of 0s and 1s.

    Raises
    ------
    ValueError
        If the message holds a symbol that has no codeword, or an empty one, which would
        leave no trace of it: where it stands, and which symbol it is.

    Examples
    --------
    >>> encode("abca", {"a": "0", "b": "10", "c": "11"})
    '010110'
    """
    words = []
    for position, symbol in enumerate(symbols):
        if symbol not in code:
            raise ValueError(
                f"symbols[{position}] is {symbol!r}, which the code has no word for"
            )
        if not code[symbol]:
            raise ValueError(
                f"symbols[{position}] is {symbol!r}, whose word in the code is empty"
            )
        words.append(code[symbol])
    return "".join(words)


def decode(bits: str, code: Mapping[S, str]) -> list[S]:
    """Return the symbols that a string of bits stands for.

    Raises
    ------
    ValueError
        If the bits end inside a codeword.

    Examples
    --------
    >>> "".join(decode("010110", {"a": "0", "b": "10", "c": "11"}))
    'abca'
    """
    symbols = {word: symbol for symbol, word in code.items()}
    message, word = [], ""
    for bit in bits:
        word += bit
        if word in symbols:
            message.append(symbols[word])
            word = ""
    if word:
        raise ValueError(f"bits must end with a whole codeword; {word!r} is left over")
    return message


def expected_length(p: Mapping[S, float], code: Mapping[S, str]) -> float:
    r"""Return :math:`\sum_i p_i \ell_i`, the mean codeword length in bits.

    Raises
    ------
    ValueError, TypeError
        If a symbol of `p` has no codeword, or its share is no number from 0 to 1; the
        symbol is named.

    Examples
    --------
    >>> expected_length({"a": 0.5, "b": 0.5}, {"a": "0", "b": "10"})
    1.5
    """
    for symbol in p:
        if symbol not in code:
            raise ValueError(f"code has no word for {symbol!r}, which p holds")
    return math.fsum(
        as_number(share, f"p[{symbol!r}]", 0.0, 1.0 + _SLACK, "a number from 0 to 1")
        * len(code[symbol])
        for symbol, share in p.items()
    )


def blocks(text: Sequence[S], size: int) -> list[tuple[S, ...]]:
    """Cut a message into blocks of `size` symbols; a shorter rest is dropped.

    Examples
    --------
    >>> blocks("abcde", 2)
    [('a', 'b'), ('c', 'd')]
    """
    if size < 1:
        raise ValueError(f"size must be at least 1; got {size}")
    last = len(text) - size + 1
    return [tuple(text[i : i + size]) for i in range(0, last, size)]


def _checked(probabilities: Mapping[S, float]) -> dict[S, Fraction]:
    """The probabilities, exactly; each at most 1, if only by rounding."""
    if not probabilities:
        raise ValueError("probabilities is empty; a code needs at least one symbol")
    for symbol, q in probabilities.items():
        name = f"probabilities[{symbol!r}]"
        if not 0 < as_number(q, name, -math.inf, math.inf, "a number") <= 1 + _SLACK:
            raise ValueError(f"{name} must lie in (0, 1]; got {shown(q)}")
    total = math.fsum(probabilities.values())
    if total > 1 + _SLACK:
        raise ValueError(f"probabilities must sum to at most 1; they sum to {total}")
    return {symbol: Fraction(float(q)) for symbol, q in probabilities.items()}
