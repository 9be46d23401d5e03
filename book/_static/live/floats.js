// The loss computed in three ways with every operation rounded to a type of number,
// and its relative error against the gap between the true class and the others.
// The line at the gap can be dragged in the picture; the slider below does the same.
(function () {
  "use strict";
  const {
    math, fixed, node, picture, line, words, through, letter,
    stroke, marker, sample, MARKERS, slider, choice, button, follow, announcer, mount,
  } = window.CrossEntropyLive;

  const START = { type: 2, gap: 17, offset: 0 }; // float32, and no offset
  const WIDEST = 130, TRUE = 1;
  const OFFSETS = [0, 1e2, 1e4, 1e6, 1e8];

  // --- arithmetic -----------------------------------------------------------------

  // To `bits` significant bits, to nearest, ties to even; below 2^lowest the numbers
  // keep that spacing (subnormals); above `largest` comes infinity.
  const rounder = (bits, lowest, largest) => (x) => {
    if (x === 0 || !Number.isFinite(x)) return x;
    const size = Math.abs(x);
    let exponent = Math.floor(Math.log2(size)); // The logarithm may be rounded itself.
    if (size < 2 ** exponent) exponent -= 1;
    else if (size >= 2 ** (exponent + 1)) exponent += 1;
    const step = 2 ** (Math.max(exponent, lowest) - bits + 1);
    // Doubles from 2^52 on are whole: the sum is rounded as we want it, by the machine.
    const rounded = (size / step + 2 ** 52 - 2 ** 52) * step;
    return Math.sign(x) * (rounded > largest ? Infinity : rounded);
  };

  // `floor` is the exponent at which the plot ends.
  const TYPES = [
    { name: "float16", unit: 2 ** -11, floor: -5, round: rounder(11, -14, 65504) },
    { name: "bfloat16", unit: 2 ** -8, floor: -4,
      round: rounder(8, -126, (2 - 2 ** -7) * 2 ** 127) },
    { name: "float32", unit: 2 ** -24, floor: -9, round: Math.fround },
    { name: "float64", unit: 2 ** -53, floor: -15, round: (x) => x },
  ];

  const WAYS = [
    { key: "naive", name: "naive", colour: "var(--ce-accent)", dash: "2 4",
      marker: MARKERS.square,
      formula: () => ["\u2212ln(exp ", zy(), " / \u2211 exp ", letter("z"), ")"] },
    { key: "lse", name: "shifted", colour: "var(--ce-dog)", dash: "7 6",
      marker: MARKERS.triangle, hollow: true,
      formula: () => ["logsumexp(", letter("z"), ") \u2212 ", zy()] },
    { key: "log1p", name: "log1p", colour: "var(--ce-cat)", dash: "none",
      marker: MARKERS.circle,
      formula: () => ["log1p(rest) \u2212 ", letter("t"), node("sub", {}, letter("y"))] },
  ];
  const zy = () => node("span", {}, letter("z"), node("sub", {}, letter("y")));

  // Each operation is done in float64 and rounded at once. For +, - and / that is what
  // the type's own arithmetic gives; exp and log come out correctly rounded.
  function ways(z, y, round) {
    const exp = (values) => values.map((x) => round(Math.exp(x)));
    const sum = (values) => values.reduce((total, x) => round(total + x), 0);
    const max = Math.max(...z), top = z.indexOf(max);
    const powers = exp(z);
    const t = z.map((x) => round(x - max));
    const shifted = exp(t);
    const lse = round(max + round(Math.log(sum(shifted))));
    const rest = sum(shifted.filter((_, j) => j !== top));
    return {
      naive: -round(Math.log(round(powers[y] / sum(powers)))),
      lse: round(lse - z[y]),
      log1p: round(round(Math.log1p(rest)) - t[y]),
    };
  }

  // The logits as the type stores them, the loss of those logits in float64 by the
  // accurate form, and the three ways. That loss is good to 1e-15, not better: the
  // errors of float64 below that are not known.
  const BLIND = 1e-15;

  function floats(type, gap, offset) {
    const { round } = TYPES[type];
    const z = [offset, offset + gap, offset].map(round);
    const exact = z.every(Number.isFinite) ? math.loss(z, TRUE) : NaN;
    return { z, exact, ...ways(z, TRUE, round) };
  }

  const errorOf = (value, exact) => Math.abs(value - exact) / exact;

  // What a result is worth, in a word.
  function verdict(value, exact, type) {
    const { unit, round } = TYPES[type];
    if (Number.isNaN(value)) return "nan";
    if (!Number.isFinite(value)) return "inf";
    if (value === 0) return round(exact) === 0 ? "0, too small" : "0, lost";
    const error = errorOf(value, exact);
    if (error <= Math.max(4 * unit, BLIND)) return "right";
    const digits = Math.floor(-Math.log10(error));
    if (digits < 1) return "wrong";
    return digits === 1 ? "1 digit" : `${digits} digits`;
  }
  Object.assign(math, { floats, verdict, rounding: TYPES.map(({ round }) => round) });

  // --- numbers as text --------------------------------------------------------------

  const plain = (text) => text.replaceAll("-", "\u2212").replace("e+", "e")
    .replace("Infinity", "\u221e").replace("NaN", "nan");

  function lossText(x) {
    const odd = Math.abs(x) < 0.001 || Math.abs(x) >= 1e5;
    if (x === 0 || !Number.isFinite(x)) return plain(String(x === 0 ? 0 : x));
    return plain(odd ? x.toExponential(2) : x.toPrecision(4));
  }

  function errorText(error) {
    if (error === 0 || !Number.isFinite(error)) return plain(String(error));
    if (error < BLIND) return "<1e\u221215";
    return plain(error >= 0.1 && error < 9.5 ? error.toPrecision(1) : error.toExponential(0));
  }

  const power = (n) => `10${[...plain(String(n))].map((c) => SUPERS[c]).join("")}`;
  const SUPERS = { "\u2212": "\u207b", 0: "\u2070", 1: "\u00b9", 2: "\u00b2",
    3: "\u00b3", 4: "\u2074", 5: "\u2075", 6: "\u2076", 7: "\u2077", 8: "\u2078",
    9: "\u2079" };

  const aloud = (text) => text.replace("e", " times 10 to the ")
    .replaceAll("\u2212", "minus ").replace("\u221e", "infinite");

  // Sizes in CSS pixels. LEFT and RIGHT stand in live.css too.
  const LEFT = 44, RIGHT = 14, TOP = 12, BAND = 22, PLOT = 296, FOOT = 22;
  const ONE = TOP + 2 * BAND + 8, BASE = ONE + PLOT;

  mount("floats", (stage) => {
    const state = {};
    const say = announcer(stage);
    const errors = picture("errors");
    const changed = () => { draw(); say(sentence()); };
    const reset = () => Object.assign(state, START);
    const setGap = (gap) => { state.gap = Math.round(gap); changed(); };

    // --- page ---------------------------------------------------------------------
    const gap = slider({
      label: letter("g"), name: "gap", colour: "var(--ce-muted)", min: -WIDEST,
      max: WIDEST, step: 1, origin: 0, show: (g) => fixed(g, 0),
      say: (g) => fixed(g, 0).replace("\u2212", "minus "),
    });
    gap.input.setAttribute("aria-label", "Gap g");
    gap.input.addEventListener("input", () => setGap(Number(gap.input.value)));
    follow(errors.svg, LEFT, RIGHT, (share) => setGap((2 * share - 1) * WIDEST));
    const type = choice({
      label: "Number type", name: "type", options: TYPES.map(({ name }) => name),
      change: (j) => { state.type = j; changed(); },
    });
    const offset = choice({
      label: "Added to all logits", name: "offset",
      options: OFFSETS.map((x) => (x < 1e3 ? String(x) : power(Math.log10(x)))),
      change: (j) => { state.offset = j; changed(); },
    });
    const shown = {};
    const cell = (key, kind = "ce-number") =>
      (shown[key] = node("td", { class: kind, "data-value": key }));
    const column = (name) => node("th", { scope: "col" }, name);
    const told = (key) =>
      (shown[key] = node("span", { class: "ce-number", "data-value": key }));
    stage.append(
      node("div", { class: "ce-plot" },
        node("p", { class: "ce-head" }, "Relative error",
          node("span", { class: "ce-formula ce-hint" }, "gap ", letter("g"), " = ",
            gap.value)),
        errors.svg,
        node("div", { class: "ce-row ce-under" }, gap.label, gap.input)),
      node("div", { class: "ce-side" },
        type.element, offset.element,
        node("p", { class: "ce-small ce-says" },
          letter("g"), ": the true class ahead of two others", node("br"),
          letter("z"), " = ", told("stored"), node("br"),
          "exact loss of ", letter("z"), " as stored: ", told("exact")),
        node("table", { class: "ce-table" },
          node("tbody", {}, node("tr", {}, column("Loss"), column("Error"), column("Verdict"))),
          ...WAYS.map((way) => node("tbody", {},
            node("tr", {}, node("th", { scope: "rowgroup", colspan: 3 }, sample(way),
              way.name, node("span", { class: "ce-small" }, ...way.formula()))),
            node("tr", {}, cell(`${way.key}-loss`), cell(`${way.key}-error`),
              cell(`${way.key}-verdict`, "ce-verdict"))))),
        node("div", { class: "ce-buttons" },
          button("Reset", () => { reset(); changed(); }))));

    // --- drawing ------------------------------------------------------------------
    function sentence() {
      const now = floats(state.type, state.gap, OFFSETS[state.offset]);
      const results = WAYS.map(({ key, name }) => {
        const word = verdict(now[key], now.exact, state.type);
        const number = Number.isFinite(now[key]) && now[key] !== 0;
        return `${name} ${number ? `${aloud(lossText(now[key]))}, ` : ""}${word}`;
      });
      return `${TYPES[state.type].name}, gap ${aloud(fixed(state.gap, 0))}, ` +
        `offset ${OFFSETS[state.offset]}. Exact loss ${aloud(lossText(now.exact))}. ` +
        `${results.join("; ")}.`;
    }

    function draw() {
      const { type: j } = state;
      const at = (g) => floats(j, g, OFFSETS[state.offset]);
      const now = at(state.gap);
      gap.set(state.gap);
      type.set(j);
      offset.set(state.offset);
      const put = (key, text, exact) => {
        shown[key].textContent = text;
        if (exact !== undefined) shown[key].dataset.exact = exact;
      };
      put("stored", now.z.map((x) => plain(String(x))).join(", "));
      put("exact", lossText(now.exact), now.exact);
      for (const { key } of WAYS) {
        const word = verdict(now[key], now.exact, j);
        put(`${key}-loss`, lossText(now[key]), now[key]);
        put(`${key}-error`, errorText(errorOf(now[key], now.exact)));
        put(`${key}-verdict`, word);
        shown[`${key}-verdict`].classList.toggle("ce-right", word === "right");
      }

      const { floor, unit } = TYPES[j];
      const width = errors.svg.parentNode.clientWidth, right = width - RIGHT;
      const x = (g) => LEFT + ((g + WIDEST) / (2 * WIDEST)) * (right - LEFT);
      // Above the errors two bands for results that have none.
      const band = (name) => TOP + (name === "nan" ? 0 : BAND) + BAND / 2;
      const y = (n) => ONE + (PLOT * Math.min(Math.max(n, floor), 0)) / floor;
      const place = (result, exact) => {
        if (Number.isNaN(result)) return band("nan");
        if (!Number.isFinite(result)) return band("inf");
        const error = errorOf(result, exact);
        return y(error < BLIND ? floor : Math.log10(error));
      };
      const parts = [line(x(state.gap), TOP, x(state.gap), BASE, "ce-here")];
      const mark = (height, name, kind) => parts.push(
        line(LEFT, height, right, height, kind),
        words(LEFT - 3, height + 4, name, { class: "ce-tick", "text-anchor": "end" }));
      for (const name of ["nan", "inf"]) mark(band(name), name);
      for (let n = floor; n <= 0; n += floor < -10 ? 3 : 1) {
        const name = n === 0 ? "\u2265 1" : power(n);
        mark(y(n), n === floor ? `<${name}` : name);
      }
      if (unit > BLIND) {
        const kind = { class: "ce-note", "text-anchor": "end" };
        parts.push(
          line(LEFT, y(Math.log10(unit)), right, y(Math.log10(unit)), "ce-drop"),
          words(right, y(Math.log10(unit)) - 5, "unit roundoff", kind));
      }
      for (let tick = -100; tick <= 100; tick += 50) {
        const kind = { class: "ce-tick", "text-anchor": "middle" };
        parts.push(words(x(tick), BASE + 18, fixed(tick, 0), kind));
      }

      const along = Array.from({ length: 2 * WIDEST + 1 }, (_, k) => k - WIDEST);
      const results = along.map(at);
      for (const way of WAYS) {
        const points = results.map((r, k) => [x(along[k]), place(r[way.key], r.exact)]);
        parts.push(node("path", { d: through(points), ...stroke(way) }));
      }
      for (const way of WAYS) {
        parts.push(marker(way, x(state.gap), place(now[way.key], now.exact)));
      }
      errors.draw(width, BASE + FOOT, sentence(), parts);
    }

    reset();
    return draw;
  });
})();
