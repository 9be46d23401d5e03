// Cross-entropy with smoothed labels, and its derivative by the true logit, against the
// lead of the true class; all the wrong logits are equal.
// The line at the lead can be dragged in the picture; the slider below does the same.
(function () {
  "use strict";
  const {
    math, fixed, short, spoken, node, picture, line, words, through, letter, sign,
    slider, choice, button, follow, announcer, mount,
  } = window.CrossEntropyLive;

  const START = { eps: 0.1, classes: 10, lead: 8 };
  const CLASSES = [2, 3, 10, 100, 1000];
  const LOWEST = -4, HIGHEST = 14, STEP = 0.1;

  // Sizes in CSS pixels. LEFT and RIGHT stand in live.css too.
  const LEFT = 44, RIGHT = 14, TOP = 24, LOSS = 176, GAP = 46, SLOPE = 96, FOOT = 22;
  const FLOOR = TOP + LOSS, HEAD = FLOOR + GAP, BASE = HEAD + SLOPE;

  // The loss of the lead d = z_y - z_j, its least value and where that is taken. The
  // target gives the true class p_y = 1 - eps + eps/K, so 1 - p_y is `off`, and
  // 1 - q_y is `miss`; written with these, small losses keep their digits.
  function smoothing(eps, classes, lead) {
    const off = (eps * (classes - 1)) / classes;
    const rivals = Math.log(classes - 1) - lead; // log of the odds against the true class
    const tail = Math.exp(-Math.abs(rivals));
    const miss = (rivals > 0 ? 1 : tail) / (1 + tail);
    return {
      best: Math.log1p((classes * (1 - eps)) / eps),
      floor: eps === 0 ? 0 : -(1 - off) * Math.log1p(-off) - off * Math.log(eps / classes),
      loss: Math.max(rivals, 0) + Math.log1p(tail) + off * lead,
      gradient: off - miss,
    };
  }
  Object.assign(math, { smoothing });

  mount("smoothing", (stage) => {
    const state = {};
    const say = announcer(stage);
    const curves = picture("smoothing");
    const changed = () => { draw(); say(sentence()); };
    const reset = () => Object.assign(state, START);
    const setLead = (d) => { state.lead = Math.round(d * 10) / 10; changed(); };

    // --- page ---------------------------------------------------------------------
    const inMinus = (text) => text.replace("\u2212", "minus ");
    const lead = slider({
      label: letter("d"), name: "lead", colour: "var(--ce-muted)", min: LOWEST,
      max: HIGHEST, step: STEP, origin: 0, show: (d) => fixed(d, 2),
      say: (d) => inMinus(fixed(d, 2)),
    });
    lead.input.setAttribute("aria-label", "Lead d");
    lead.input.addEventListener("input", () => setLead(Number(lead.input.value)));
    follow(curves.svg, LEFT, RIGHT, (share) => {
      setLead(LOWEST + share * (HIGHEST - LOWEST));
    });
    const eps = slider({
      label: letter("\u03b5"), name: "eps", colour: "var(--ce-accent)", min: 0, max: 0.5,
      step: 0.01, show: (value) => fixed(value, 2),
    });
    eps.input.setAttribute("aria-label", "Smoothing epsilon");
    eps.input.addEventListener("input", () => {
      state.eps = Number(eps.input.value);
      changed();
    });
    const classes = choice({
      label: [letter("K"), node("span", { class: "ce-unseen" }, ", the number of classes")],
      name: "classes", options: CLASSES,
      change: (j) => { state.classes = CLASSES[j]; changed(); },
    });
    const toBest = button("To the best lead", () => {
      state.lead = smoothing(state.eps, state.classes, 0).best;
      changed();
    });

    const shown = {};
    const entry = (key, name, ...formula) => {
      shown[key] = node("td", { class: "ce-number", "data-value": key });
      return node("tr", {},
        node("th", { scope: "row" }, name, node("span", { class: "ce-small" }, ...formula)),
        shown[key]);
    };
    const sub = (name, index) => [letter(name), node("sub", {}, letter(index))];
    stage.append(
      node("div", { class: "ce-plot" },
        node("p", { class: "ce-head" }, "Loss\u00a0", letter("L"),
          node("span", { class: "ce-formula ce-hint" }, "at ", letter("d"), " = ",
            lead.value)),
        curves.svg,
        node("div", { class: "ce-row ce-under" }, lead.label, lead.input)),
      node("div", { class: "ce-side" },
        node("p", { class: "ce-head" }, "Smoothing"),
        node("div", { class: "ce-row" }, eps.label, eps.input, eps.value),
        classes.element,
        node("table", { class: "ce-table" },
          entry("loss", "Loss"),
          entry("floor", "Floor", letter("H"), "(", letter("p"), ")"),
          entry("gradient", "Gradient", ...sub("q", "y"), " \u2212 ", ...sub("p", "y")),
          entry("best", "Best lead", "ln ", ...sub("p", "y"), "/", ...sub("p", "j"))),
        node("p", { class: "ce-small ce-says" }, letter("d"), " = ", ...sub("z", "y"),
          " \u2212 ", ...sub("z", "j"), ", the lead over each other class",
          node("br"), letter("K"), ", the number of classes"),
        node("div", { class: "ce-buttons" },
          toBest, button("Reset", () => { reset(); changed(); }))));

    // --- drawing ------------------------------------------------------------------
    // Beside the best lead the two shares differ by the rounding of their own digits.
    const at = (d) => {
      const found = smoothing(state.eps, state.classes, d);
      if (Math.abs(found.gradient) < 1e-15 && d === found.best) found.gradient = 0;
      return found;
    };

    function sentence() {
      const { loss, floor, gradient, best } = at(state.lead);
      return `Smoothing ${fixed(state.eps, 2)}, ${state.classes} classes, ` +
        `lead ${inMinus(fixed(state.lead, 2))}: loss ${spoken(loss)}, ` +
        `gradient ${spoken(gradient)}. ` +
        `The floor is ${spoken(floor)}, the best lead ${spoken(best)}.`;
    }

    function draw() {
      const now = at(state.lead);
      lead.set(state.lead);
      eps.set(state.eps);
      classes.set(CLASSES.indexOf(state.classes));
      toBest.disabled = now.best === Infinity;
      for (const key of Object.keys(shown)) shown[key].textContent = short(now[key]);

      const width = curves.svg.parentNode.clientWidth, right = width - RIGHT;
      const x = (d) => LEFT + ((d - LOWEST) / (HIGHEST - LOWEST)) * (right - LEFT);
      // The axis of the loss grows with the number of classes.
      const unit = state.classes > 10 ? 4 : 2;
      const y = {
        loss: (value) => FLOOR - (LOSS * value) / (3.2 * unit),
        gradient: (value) => HEAD + (SLOPE * (0.5 - value)) / 1.5,
      };
      const end = { "text-anchor": "end" }, middle = { "text-anchor": "middle" };
      const parts = [line(x(state.lead), TOP, x(state.lead), BASE, "ce-here")];
      const mark = (height, name, kind) => parts.push(
        line(LEFT, height, right, height, kind),
        words(LEFT - 8, height + 4, name, { class: "ce-tick", ...end }));
      for (const step of [0, 1, 2, 3]) mark(y.loss(step * unit), step * unit);
      for (const tick of [0.5, 0, -0.5, -1]) {
        mark(y.gradient(tick), fixed(tick, tick % 1 ? 1 : 0), tick ? "ce-grid" : "ce-zero");
      }
      for (let tick = LOWEST; tick <= HIGHEST; tick += 2) {
        const kind = { class: "ce-tick", ...middle };
        parts.push(words(x(tick), BASE + 18, fixed(tick, 0), kind));
      }
      const title = ["Gradient ", sign("q"), "(", sign("y"), ") \u2212 ", sign("p"), "(",
        sign("y"), ")"];
      parts.push(words(LEFT, HEAD - 12, title, { class: "ce-title" }));

      // The floor, and the best lead through both panels; at eps = 0 it is off the page.
      const accent = { class: "ce-best", ...end };
      parts.push(
        line(LEFT, y.loss(now.floor), right, y.loss(now.floor), "ce-target"),
        words(right, TOP - 10, now.best === Infinity ? "best lead: \u221e \u2192" : "",
          accent));
      if (now.best !== Infinity) {
        const side = now.best > HIGHEST - 3 ? end : middle;
        parts.push(
          line(x(now.best), TOP - 4, x(now.best), BASE, "ce-target"),
          words(x(now.best), TOP - 10, "best lead", { ...accent, ...side }));
      }
      if (now.floor > 0) {
        parts.push(words(LEFT + 4, y.loss(now.floor) - 6, "floor", { class: "ce-best" }));
      }

      const along = Array.from({ length: 181 }, (_, k) => LOWEST + k / 10);
      const plain = along.map((d) => [x(d), y.loss(smoothing(0, state.classes, d).loss)]);
      parts.push(node("path", { d: through(plain), class: "ce-curve ce-plain" }));
      if (y.loss(0) - y.loss(at(HIGHEST).loss) > 20) {
        const kind = { class: "ce-note", ...end };
        parts.push(words(right - 4, y.loss(0) - 5, [sign("\u03b5"), " = 0"], kind));
      }
      for (const key of ["loss", "gradient"]) {
        const points = along.map((d) => [x(d), y[key](at(d)[key])]);
        parts.push(
          node("path", { d: through(points), class: "ce-curve ce-strong" }),
          node("circle", { cx: x(state.lead), cy: y[key](now[key]), r: 6,
            fill: "var(--ce-accent)" }));
      }
      curves.draw(width, BASE + FOOT, sentence(), parts);
    }

    reset();
    return draw;
  });
})();
