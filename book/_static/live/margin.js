// Four losses of two classes, and their slopes, against the margin of the true class.
// The line at the margin can be dragged in the picture; the slider below does the same.
(function () {
  "use strict";
  const {
    math, fixed, short, spoken, node, picture, line, words, through, letter, sign,
    stroke, marker, sample, MARKERS, slider, button, follow, announcer, mount,
  } = window.CrossEntropyLive;

  const START = { margin: -2 };
  const LOWEST = -12, HIGHEST = 8, STEP = 0.1;

  const LOSSES = [
    { key: "cross", name: "cross-entropy", colour: "var(--ce-cat)", dash: "none",
      marker: MARKERS.circle,
      formula: () => ["\u2212ln ", letter("s")] },
    { key: "hinge", name: "hinge", colour: "var(--ce-dog)", dash: "7 6",
      marker: MARKERS.triangle, hollow: true,
      formula: () => ["max(0, 1 \u2212 ", letter("m"), ")"] },
    { key: "squared", name: "squared error", colour: "var(--ce-bird)", dash: "10 3 2 3",
      marker: MARKERS.square,
      formula: () => ["2(1 \u2212 ", letter("s"), ")\u00b2"] },
    { key: "difference", name: "difference", colour: "var(--ce-accent)", dash: "2 4",
      marker: MARKERS.diamond, hollow: true,
      formula: () => ["1 \u2212 ", letter("s")] },
  ];

  // Sizes in CSS pixels. LEFT and RIGHT stand in live.css too.
  const LEFT = 44, RIGHT = 14, TOP = 8, LOSS = 188, GAP = 44, SLOPE = 96, FOOT = 22;
  const DEEPEST = 13, FLOOR = TOP + LOSS, ZERO = FLOOR + GAP, BASE = ZERO + SLOPE;

  // The value and the slope of each loss at the margin m = z_y - z_other. No 1 - s: a
  // small probability of the other class keeps all its digits.
  function marginLosses(m) {
    const tail = Math.exp(-Math.abs(m));
    const [large, small] = [1 / (1 + tail), tail / (1 + tail)];
    const [s, miss] = m < 0 ? [small, large] : [large, small];
    return {
      cross: [Math.max(-m, 0) + Math.log1p(tail), -miss],
      hinge: [Math.max(0, 1 - m), m < 1 ? -1 : 0],
      squared: [2 * miss * miss, -4 * s * miss * miss],
      difference: [miss, -s * miss],
    };
  }
  Object.assign(math, { marginLosses });

  mount("margin", (stage) => {
    const state = {};
    const say = announcer(stage);
    const curves = picture("losses");
    const changed = () => { draw(); say(sentence()); };
    const reset = () => Object.assign(state, START);
    const setMargin = (m) => { state.margin = Math.round(m * 10) / 10; changed(); };

    // --- page ---------------------------------------------------------------------
    const margin = slider({
      label: letter("m"), name: "margin", colour: "var(--ce-muted)", min: LOWEST,
      max: HIGHEST, step: STEP, origin: 0, show: (m) => fixed(m, 1),
      say: (m) => fixed(m, 1).replace("\u2212", "minus "),
    });
    margin.input.setAttribute("aria-label", "Margin m");
    margin.input.addEventListener("input", () => setMargin(Number(margin.input.value)));
    follow(curves.svg, LEFT, RIGHT, (share) => {
      setMargin(LOWEST + share * (HIGHEST - LOWEST));
    });

    const cell = (name) => node("td", { class: "ce-number", "data-value": name });
    const share = node("span", { class: "ce-number", "data-value": "share" });
    stage.append(
      node("div", { class: "ce-plot" },
        node("p", { class: "ce-head" }, "Loss\u00a0", letter("L"),
          node("span", { class: "ce-formula ce-hint" }, "at ", letter("m"), " = ",
            margin.value)),
        curves.svg,
        node("div", { class: "ce-row ce-under" }, margin.label, margin.input)),
      node("div", { class: "ce-side" },
        node("table", { class: "ce-table" },
          node("tr", {}, node("td", {}), node("th", { scope: "col" }, "Loss"),
            node("th", { scope: "col" }, "Slope")),
          ...LOSSES.map((loss) => node("tr", {},
            node("th", { scope: "row" }, sample(loss), loss.name,
              node("span", { class: "ce-small" }, ...loss.formula())),
            cell(`${loss.key}-loss`), cell(`${loss.key}-slope`)))),
        node("p", { class: "ce-small ce-says" }, letter("m"), " = ",
          letter("z"), node("sub", {}, "true"), " \u2212 ",
          letter("z"), node("sub", {}, "other"), ", the margin", node("br"),
          letter("s"), " = \u03c3(", letter("m"), ") = ", share, ", the probability"),
        node("div", { class: "ce-buttons" },
          button("Reset", () => { reset(); changed(); }))));

    // --- drawing ------------------------------------------------------------------
    function sentence() {
      const at = marginLosses(state.margin);
      const listed = (k) =>
        LOSSES.map(({ key, name }) => `${name} ${spoken(at[key][k])}`).join(", ");
      return `Margin ${fixed(state.margin, 1).replace("\u2212", "minus ")}. ` +
        `Loss: ${listed(0)}. Slope: ${listed(1)}.`;
    }

    function draw() {
      const { margin: m } = state;
      const at = marginLosses(m);
      margin.set(m);
      share.textContent = short(math.softmax([m, 0])[0]);

      const width = curves.svg.parentNode.clientWidth, right = width - RIGHT;
      const x = (value) =>
        LEFT + ((value - LOWEST) / (HIGHEST - LOWEST)) * (right - LEFT);
      const y = [
        (loss) => FLOOR - (LOSS * loss) / DEEPEST,
        (slope) => ZERO - SLOPE * slope,
      ];
      const parts = [line(x(m), TOP, x(m), BASE, "ce-here")];
      const mark = (height, name) => parts.push(
        line(LEFT, height, right, height),
        words(LEFT - 8, height + 4, name, { class: "ce-tick", "text-anchor": "end" }));
      for (const tick of [0, 4, 8, 12]) mark(y[0](tick), tick);
      for (const tick of [0, -0.5, -1]) mark(y[1](tick), fixed(tick, tick % 1 ? 1 : 0));
      parts.push(words(LEFT, ZERO - 14, ["Slope ", sign("dL/dm")], { class: "ce-title" }));
      for (let tick = LOWEST; tick <= HIGHEST; tick += 4) {
        const kind = { class: "ce-tick", "text-anchor": "middle" };
        parts.push(words(x(tick), BASE + 18, fixed(tick, 0), kind));
      }

      const along = Array.from({ length: 201 }, (_, k) => LOWEST + k / 10);
      for (const loss of LOSSES) {
        for (const k of [0, 1]) {
          const path = (from, to) => through(along.filter((v) => v >= from && v <= to)
            .map((v) => [x(v), y[k](marginLosses(v)[loss.key][k])]));
          // The slope of hinge jumps at a margin of 1.
          const d = loss.key === "hinge" && k === 1
            ? path(LOWEST, 0.99) + `H${x(1)}` + path(1, HIGHEST)
            : path(LOWEST, HIGHEST);
          parts.push(node("path", { d, ...stroke(loss) }));
        }
      }
      for (const loss of LOSSES) {
        at[loss.key].forEach((value, k) => {
          const kind = ["loss", "slope"][k];
          parts.push(marker(loss, x(m), y[k](value)));
          const shown = stage.querySelector(`[data-value="${loss.key}-${kind}"]`);
          shown.textContent = short(value);
        });
      }
      curves.draw(width, BASE + FOOT, sentence(), parts);
    }

    reset();
    return draw;
  });
})();
