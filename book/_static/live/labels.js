// The same three logits read in two ways: by softmax, one label, and by three
// sigmoids, any number of labels. A bar that passes the threshold is a yes: it is full,
// the others are hollow.
(function () {
  "use strict";
  const {
    CLASSES, COLOURS, math, fixed, short, spoken, named,
    node, picture, line, bar, words, letter,
    logitSliders, slider, button, announcer, mount,
  } = window.CrossEntropyLive;

  const START = { logits: [1, 2, 0.5], threshold: 0.5 };
  const READINGS = ["softmax", "sigmoid"];

  const ROW = 36, BAR = 16, NAME = 44, VALUE = 90, FOOT = 22; // in CSS pixels

  // From e^-|x|, which never overflows and keeps the digits of a small result.
  function sigmoid(x) {
    const tail = Math.exp(-Math.abs(x));
    return (x < 0 ? tail : 1) / (1 + tail);
  }
  Object.assign(math, { sigmoid });

  mount("labels", (stage) => {
    const state = {};
    const say = announcer(stage);
    const pictures = READINGS.map((name) => picture(name));
    const changed = () => { draw(); say(sentence()); };
    const reset = () => Object.assign(state, START, { logits: [...START.logits] });

    // --- page ---------------------------------------------------------------------
    const sliders = logitSliders((j, z) => { state.logits[j] = z; changed(); });
    const threshold = slider({
      label: "yes above", name: "threshold", colour: "var(--ce-muted)",
      min: 0, max: 1, step: 0.01, show: (t) => fixed(t, 2),
    });
    threshold.input.setAttribute("aria-label", "Threshold: yes above");
    threshold.input.addEventListener("input", () => {
      state.threshold = Number(threshold.input.value);
      changed();
    });
    const row = (s) => node("div", { class: "ce-row" }, s.label, s.input, s.value);
    const reading = (k, title, ...formula) => node("div", {},
      node("p", { class: "ce-head" }, title,
        node("span", { class: "ce-formula ce-hint" }, ...formula)),
      pictures[k].svg);
    const start = (content, logits) =>
      button(content, () => { state.logits = [...logits]; changed(); });
    stage.append(
      node("div", { class: "ce-inputs" },
        node("p", { class: "ce-head" }, "Logits\u00a0", letter("z")),
        ...sliders.map(row)),
      node("div", { class: "ce-cut" },
        node("p", { class: "ce-head" }, "Threshold"),
        row(threshold),
        node("div", { class: "ce-buttons" },
          start("Two present", [3, 3, -3]),
          start("None present", [-3, -3, -3]),
          button("Reset", () => { reset(); changed(); }))),
      reading(0, "One label", letter("q"), " = softmax(", letter("z"), ")"),
      reading(1, "Any number of labels", letter("s"), " = \u03c3(", letter("z"), ")"));

    // --- drawing ------------------------------------------------------------------
    const read = () => [math.softmax(state.logits), state.logits.map(sigmoid)];
    const total = (shares) => shares.reduce((sum, x) => sum + x, 0);
    const saidYes = (shares) =>
      CLASSES.filter((_, j) => shares[j] > state.threshold).join(", ") || "none";

    const inWords = (shares, k) =>
      `${["Softmax", "Sigmoids"][k]}: ${named(shares)}, sum ${spoken(total(shares))}, ` +
      `yes to ${saidYes(shares)}.`;
    const sentence = () => read().map(inWords).join(" ");

    function draw() {
      sliders.forEach((s, j) => s.set(state.logits[j]));
      threshold.set(state.threshold);
      read().forEach((shares, k) => {
        const { svg } = pictures[k];
        const width = svg.parentNode.clientWidth, foot = 3 * ROW;
        const x = (share) => NAME + share * (width - NAME - VALUE);
        const end = { "text-anchor": "end" };
        const parts = [0, 0.5, 1].flatMap((tick) => [
          line(x(tick), 0, x(tick), foot),
          words(x(tick), foot + 16, tick, { class: "ce-tick", "text-anchor": "middle" }),
        ]);
        CLASSES.forEach((name, j) => {
          const middle = (j + 0.5) * ROW;
          const yes = shares[j] > state.threshold;
          const id = `${READINGS[k]}-${name}`;
          const drawn = bar(x(0), middle - BAR / 2, x(shares[j]) - x(0), BAR,
            yes ? COLOURS[j] : "none", "ce-bar");
          drawn.setAttribute("stroke", COLOURS[j]);
          drawn.setAttribute("stroke-width", 2);
          parts.push(
            words(NAME - 8, middle + 5, name, { class: `ce-${name}`, ...end }),
            drawn,
            words(width - 34, middle + 5, short(shares[j]), { "data-value": id, ...end }),
            words(width, middle + 5, yes ? "yes" : "no",
              { class: yes ? "ce-title" : "ce-no", "data-value": `${id}-yes`, ...end }));
        });
        const y = foot + FOOT + 20;
        parts.push(
          line(x(state.threshold), -4, x(state.threshold), foot, "ce-cut-line"),
          line(width - 84, foot + FOOT, width - 30, foot + FOOT, "ce-zero"),
          words(width - 92, y, "sum", { class: "ce-note", ...end }),
          words(width - 34, y, short(total(shares)),
            { "data-value": `${READINGS[k]}-sum`, ...end }));
        pictures[k].draw(width, foot + FOOT + 26, inWords(shares, k), parts);
      });
    }

    reset();
    return draw;
  });
})();
