// Softmax of the same logits against the temperature, and the entropy of the result.
// The line at T can be dragged in the picture; the slider below it does the same.
(function () {
  "use strict";
  const {
    CLASSES, COLOURS, math, short, spoken, named,
    node, picture, line, words, through, letter,
    logitSliders, temperatureSlider, toPosition, toTemperature, button, follow,
    announcer, mount,
  } = window.CrossEntropyLive;

  const START = { logits: [1, 2, 0.5], temperature: 1 };
  const HIGHEST = Math.log2(CLASSES.length); // entropy of equal shares, in bits

  // Sizes in CSS pixels. LEFT and RIGHT stand in live.css too.
  const LEFT = 44, RIGHT = 66, TOP = 8, SHARES = 150, GAP = 44, ENTROPY = 80, FOOT = 26;
  const BASE = TOP + SHARES + GAP + ENTROPY, LINE = 20;

  mount("temperature", (stage) => {
    const state = {};
    const say = announcer(stage);
    const curves = picture("curves");
    const changed = () => { draw(); say(sentence()); };
    const reset = () => Object.assign(state, START, { logits: [...START.logits] });

    // --- controls -----------------------------------------------------------------
    const setTemperature = (T) => { state.temperature = T; changed(); };
    const sliders = logitSliders((j, z) => { state.logits[j] = z; changed(); });
    const temperature = temperatureSlider(letter("T"), setTemperature);
    const row = (s, kind = "") =>
      node("div", { class: `ce-row ${kind}` }, s.label, s.input, s.value);
    stage.append(
      node("p", { class: "ce-head" }, "Logits\u00a0", letter("z")),
      node("div", { class: "ce-trio" }, ...sliders.map((s) => row(s))),
      node("p", { class: "ce-head ce-second" }, "Probabilities\u00a0",
        node("span", { class: "ce-formula" },
          letter("q"), " = softmax(", letter("z"), "/", letter("T"), ")")),
      curves.svg,
      row(temperature, "ce-axis"),
      node("div", { class: "ce-buttons" },
        button("Reset", () => { reset(); changed(); })));

    // Dragging in the picture moves the line.
    follow(curves.svg, LEFT, RIGHT, (share) => {
      setTemperature(toTemperature(Math.round(share * 100) - 50));
    });

    // --- drawing ------------------------------------------------------------------
    function sentence() {
      const q = math.softmax(state.logits, state.temperature);
      return `Temperature ${state.temperature}. Probabilities: ${named(q)}. ` +
        `Entropy ${spoken(math.entropy(q))} bits.`;
    }

    // Where the values stand at the right: beside their points, but never nearer to
    // each other than a line of text.
    function placesOf(heights) {
      const order = [0, 1, 2].sort((a, b) => heights[a] - heights[b]);
      const places = [];
      let free = TOP;
      order.forEach((j, rank) => {
        const lowest = TOP + SHARES - LINE * (order.length - 1 - rank);
        places[j] = Math.min(Math.max(heights[j], free), lowest);
        free = places[j] + LINE;
      });
      return places;
    }

    function draw() {
      const { logits, temperature: T } = state;
      sliders.forEach((s, j) => s.set(logits[j]));
      temperature.set(toPosition(T));

      const width = stage.clientWidth, right = width - RIGHT;
      const x = (position) => LEFT + ((position + 50) / 100) * (right - LEFT);
      const yShare = (share) => TOP + SHARES * (1 - share);
      const yBits = (bits) => BASE - (ENTROPY * bits) / HIGHEST;
      const q = math.softmax(logits, T);
      const bits = math.entropy(q);
      const here = x(toPosition(T));
      const end = { "text-anchor": "end" };

      const parts = [line(here, TOP, here, BASE, "ce-here")];
      const mark = (y, name, kind) => parts.push(
        line(LEFT, y, right, y, kind),
        words(LEFT - 8, y + 4, name, { class: "ce-tick", ...end }));
      for (const share of [0, 0.5, 1]) mark(yShare(share), share);
      mark(yBits(0), 0);
      mark(yBits(HIGHEST), "log\u2082\u20093", "ce-drop");
      parts.push(words(LEFT, TOP + SHARES + 22, "Entropy in bits", { class: "ce-title" }));
      for (const tick of [0.1, 1, 10]) {
        const kind = { class: "ce-tick", "text-anchor": "middle" };
        parts.push(words(x(toPosition(tick)), BASE + 16, tick, kind));
      }

      // A curve has one point for each position of the slider.
      const along = Array.from({ length: 101 }, (_, k) => k - 50);
      const path = (height) => through(
        along.map((at) => [x(at), height(math.softmax(logits, 10 ** (at / 50)))]));
      const places = placesOf(q.map(yShare));
      CLASSES.forEach((name, j) => {
        const d = path((shares) => yShare(shares[j]));
        const kind = { class: `ce-${name}`, "data-value": `q-${name}`, ...end };
        parts.push(
          node("path", { d, class: "ce-curve", style: `stroke: ${COLOURS[j]}` }),
          node("circle", { cx: here, cy: yShare(q[j]), r: 5, fill: COLOURS[j] }),
          words(width, places[j] + 5, short(q[j]), kind));
      });
      parts.push(
        node("path", { d: path((shares) => yBits(math.entropy(shares))), class: "ce-curve" }),
        node("circle", { cx: here, cy: yBits(bits), r: 5, class: "ce-point" }),
        words(width, yBits(bits) + 5, short(bits), { "data-value": "entropy", ...end }));
      curves.draw(width, BASE + FOOT, sentence(), parts);
    }

    reset();
    return draw;
  });
})();
