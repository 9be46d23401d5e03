"""The arithmetic of the live figure `floats`: rounding bit for bit, and the losses."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

from tests.book import rounded
from tests.book.live_checks import check_floats
from tests.book.live_page import Live

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.browser

OFFSETS = (0.0, 1e2, 1e4, 1e6, 1e8)
GAPS = np.arange(-130.0, 131.0)


@pytest.fixture(scope="module")
def run(
    browser: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[..., Any]]:
    """Call `function` of the figure's arithmetic with each of many arguments."""
    with Live(browser, tmp_path_factory.mktemp("live"), "floats") as live:

        def evaluate(function: str, arguments: Any) -> Any:
            # As bytes: quick, and -0, the infinities and nan come through.
            rows = np.asarray(arguments, dtype=np.float64)
            text = base64.b64encode(rows.tobytes()).decode()
            code = f"""text => {{
                const {{ math }} = window.CrossEntropyLive;
                const bytes = Uint8Array.from(atob(text), c => c.charCodeAt(0));
                const all = new Float64Array(bytes.buffer), found = [];
                const wide = {rows[0].size};
                for (let k = 0; k < all.length; k += wide) {{
                    const row = wide > 1 ? all.slice(k, k + wide) : all[k];
                    found.push(({function})(row));
                }}
                const out = new Uint8Array(new Float64Array(found.flat()).buffer);
                let packed = '';
                for (const byte of out) packed += String.fromCharCode(byte);
                return btoa(packed); }}"""
            return np.frombuffer(base64.b64decode(live.page.evaluate(code, text)))

        yield evaluate


def around(values: Any) -> Any:
    """Return numbers of a type, what lies half-way between them, and just beside."""
    values = np.sort(values[np.isfinite(values)])
    middle = values[:-1] / 2 + values[1:] / 2
    last = values[-1] + (values[-1] - values[-2]) / 2  # from here on: infinity
    points = np.concatenate([values, middle, [last, -last]])
    beside = [np.nextafter(points, np.inf), np.nextafter(points, -np.inf)]
    return np.unique(np.concatenate([points, *beside]))


def every(kind: str) -> Any:
    """Return all 65536 numbers of a type of 16 bits, as float64."""
    bits = np.arange(65536, dtype=np.uint16)
    if kind == "float16":
        return bits.view(np.float16).astype(np.float64)
    words = torch.tensor(bits.view(np.int16))
    return words.view(torch.bfloat16).double().numpy()


def same_bits(actual: Any, expected: Any) -> None:
    np.testing.assert_array_equal(actual, expected)
    np.testing.assert_array_equal(np.signbit(actual), np.signbit(expected))


@pytest.mark.parametrize("kind", ["float16", "bfloat16", "float32"])
def test_rounding_is_numpys_and_torchs_bit_for_bit(run: Any, kind: str) -> None:
    rng = np.random.default_rng(5)
    wide = rng.normal(size=20000) * 2.0 ** rng.integers(-160, 140, size=20000)
    odd = [5e-324, -5e-324, 1e-310, 1.7e308, -1.7e308, 65519.99, 65520.0, 3.4e38]
    x = np.concatenate([wide, odd])
    if kind != "float32":
        x = np.concatenate([x, around(every(kind))])
    assert len(x) > 20000
    index = rounded.KINDS.index(kind)
    found = run(f"x => math.rounding[{index}](x)", x)
    same_bits(found, rounded.store(kind, x))
    if kind == "bfloat16":
        # What float32 holds, PyTorch itself rounds once.
        with np.errstate(over="ignore"):
            single = x.astype(np.float32)
        direct = torch.tensor(single).to(torch.bfloat16).double().numpy()
        finite = np.isfinite(single)
        found = run("x => math.rounding[1](x)", single[finite].astype(np.float64))
        same_bits(found, direct[finite])


def test_rounding_keeps_zero_infinity_and_nan(run: Any) -> None:
    special = "[0, -0, Infinity, -Infinity, NaN]"
    for index in range(4):
        found = run(f"j => {special}.map(math.rounding[j])", [index])
        same_bits(found[:4], [0.0, -0.0, np.inf, -np.inf])
        assert np.isnan(found[4])


CALL = (
    "([type, gap, offset]) => { const r = math.floats(type, gap, offset); "
    "return [...r.z, r.naive, r.lse, r.log1p, r.exact]; }"
)


@pytest.mark.parametrize("offset", OFFSETS)
@pytest.mark.parametrize("kind", rounded.KINDS)
def test_the_three_results_are_rounded_step_by_step(
    run: Any, kind: str, offset: float
) -> None:
    index = rounded.KINDS.index(kind)
    gaps = GAPS if kind != "bfloat16" else GAPS[::3]
    found = run(CALL, [[index, gap, offset] for gap in gaps]).reshape(-1, 7)
    for gap, (*z, naive, lse, log1p, exact) in zip(gaps, found, strict=True):
        np.testing.assert_array_equal(
            z, rounded.store(kind, [offset, offset + gap, offset])
        )
        expected = rounded.three_ways(kind, np.array(z))
        actual = [naive, lse, log1p]
        if kind == "float64":
            # exp and log of two libraries may differ by a last digit.
            near = 1e-15 * (1 + abs(offset + gap))
            np.testing.assert_allclose(actual, list(expected.values()), 1e-13, near)
        else:
            np.testing.assert_array_equal(actual, list(expected.values()))
        if np.isfinite(z).all():
            # As good as the figure says that float64's errors are known.
            assert exact == pytest.approx(rounded.exact_loss(z), rel=1e-15)
        else:
            assert np.isnan(exact)


@pytest.mark.parametrize("kind", ["float16", "float32"])
def test_numpys_own_arithmetic_gives_nearly_the_same(run: Any, kind: str) -> None:
    index, dtype = rounded.KINDS.index(kind), np.dtype(kind).type
    bound = 16.0 if kind == "float16" else 80.0  # no subnormal numbers, no overflow
    gaps = GAPS[np.abs(GAPS) < (8.0 if kind == "float16" else bound)]
    for offset in (0.0, 1e2, 1e4):
        found = run(CALL, [[index, gap, offset] for gap in gaps]).reshape(-1, 7)
        for row in found:
            z = row[:3].astype(dtype)
            if z.max() > bound:
                naive = None  # exp overflows
            else:
                powers = np.exp(z)
                naive = -np.log(powers[1] / powers.sum(dtype=dtype))
            t = z - z.max()
            shifted = np.exp(t)
            lse = z.max() + np.log(shifted.sum(dtype=dtype)) - z[1]
            rest = np.delete(shifted, z.argmax()).sum(dtype=dtype)
            log1p = np.log1p(rest) - t[1]
            # A last digit of the largest number on the way.
            scale = float(np.abs(z).max()) + 100.0 / bound
            for actual, native in zip(row[3:6], (naive, lse, log1p), strict=True):
                if native is not None:
                    near = 8 * rounded.UNIT[kind] * scale
                    assert actual == pytest.approx(float(native), abs=near)


def test_log1p_is_right_wherever_the_type_can_hold_the_loss(run: Any) -> None:
    for index, kind in enumerate(rounded.KINDS):
        tiny = {"float16": 2.0**-14, "float64": 1e-300}.get(kind, 2.0**-126)
        unit = rounded.UNIT[kind]
        rows = [[index, gap, offset] for offset in OFFSETS for gap in GAPS]
        *_, log1p, exact = run(CALL, rows).reshape(-1, 7).T
        held = exact > tiny / unit
        assert held.sum() > 300
        error = np.abs(log1p[held] - exact[held]) / exact[held]
        assert error.max() <= max(4 * unit, 1e-15)


def test_which_way_breaks_first(browser: Any, tmp_path: Any) -> None:
    with Live(browser, tmp_path, "floats") as live:

        def verdicts() -> list[str]:
            check_floats(live)
            numbers = live.numbers()
            return [numbers[f"{way}-verdict"] for way in ("naive", "lse", "log1p")]

        assert verdicts() == ["0, lost", "0, lost", "right"]
        live.slider("gap").press("End")
        assert verdicts() == ["nan", "0, too small", "0, too small"]
        live.slider("gap").press("Home")
        assert verdicts() == ["inf", "right", "right"]
        live.press("Reset")
        for option, (naive, lse) in {
            "100": ("nan", "0, lost"),
            "10⁶": ("nan", "0, lost"),
        }.items():
            live.choose("offset", option)
            assert verdicts()[:2] == [naive, lse]
        live.choose("offset", "0")
        live.choose("type", "float64")
        assert verdicts()[2] == "right"
        assert verdicts()[1].endswith("digits")
        live.choose("type", "float16")
        live.choose("offset", "10⁶")  # the logits themselves overflow
        assert live.shown("stored") == "inf, inf, inf"
        assert verdicts() == ["nan", "nan", "nan"]
        live.choose("type", "bfloat16")
        check_floats(live)
