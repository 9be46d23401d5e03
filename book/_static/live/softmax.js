// Three logits and a temperature -> probabilities -> loss -> gradient.
//
// The forward pass goes right (logits to probabilities) and down (probability of the
// true class to loss); the backward pass goes left, to one gradient for each logit.
// The loss curve shares its horizontal axis with the probabilities above it, and the
// zero of the gradients lies below the zero of the sliders.
(function () {
  "use strict";
  const {
    CLASSES, COLOURS, LIMIT, math, fixed, short, spoken, named,
    node, picture, line, bar, words, letter, sign,
    logitSliders, temperatureSlider, toPosition, button, announcer, mount,
  } = window.CrossEntropyLive;

  const START = { logits: [1, 2, 0.5], label: 1, temperature: 1 };

  // Sizes in CSS pixels. LEFT, VALUE, ROW and THUMB stand in live.css too.
  const ROW = 36, BAR = 16, NAME = 44, VALUE = 64; // the probabilities
  const CURVE_TOP = 3 * ROW + 36, CURVE = 168, DEEPEST = 5; // the loss, up to 5 nats
  const LEFT = 108, THUMB = 18, SMALL_ROW = 28; // the gradients

  const centred = { class: "ce-tick", "text-anchor": "middle" };

  // Between two panels: every logit and the temperature go into every probability; one
  // loss goes back to every logit. `into` and `out` count the lines on either side.
  function link(kind, word, rowHeight, into, out) {
    const height = Math.max(into, out) * rowHeight;
    const rows = (n, total = n) =>
      Array.from({ length: n }, (_, j) => ((j + 0.5) * height) / total);
    const backward = kind === "backward";
    const [start, near, far, end] = backward ? [52, 40, 16, 4] : [4, 16, 40, 50];
    const tip = backward ? 5 : -5;
    const tails = rows(into).map((y) => `M${start},${y}H${near}`);
    const heads = rows(out, Math.max(into, out)).map(
      (y) => `M${far},${y}H${end}m${tip},-4L${end},${y}l${tip},4`);
    const middle = `translate(32.5 ${height / 2}) rotate(-90)`;
    return node("div", { class: `ce-link ce-${kind}`, "aria-hidden": "true" },
      node("svg", { class: "ce-wide", width: 56, height },
        node("path", { d: tails.concat(heads).join("") }),
        node("rect", { x: 16.5, y: 4.5, width: 23, height: height - 9, rx: 6 }),
        words(0, 0, word, { "text-anchor": "middle", transform: middle })),
      node("svg", { class: "ce-narrow", width: 120, height: 40 },
        node("path", { d: "M10,4V34m-5,-6l5,6l5,-6" }),
        words(26, 24, word)));
  }

  mount("softmax", (stage) => {
    const state = {};
    const say = announcer(stage);
    const probabilities = picture("probabilities");
    const gradients = picture("gradients");
    const changed = () => { draw(); say(sentence()); };

    // --- controls -----------------------------------------------------------------
    const sliders = logitSliders((j, z) => { state.logits[j] = z; changed(); });
    const temperature = temperatureSlider(["Temperature ", letter("T")], (T) => {
      state.temperature = T;
      changed();
    });
    const radios = CLASSES.map((name, j) => {
      const radio = node("input", {
        type: "radio", name: "ce-true-class", value: name, autocomplete: "off",
        "aria-label": `${name} is the true class`,
      });
      radio.addEventListener("change", () => { state.label = j; changed(); });
      return radio;
    });

    // One step of gradient descent, step size 1, rounded to what the page shows.
    function descend() {
      const slope = math.gradient(state.logits, state.label, state.temperature);
      state.logits = state.logits.map((z, j) => {
        const next = Math.round((z - slope[j]) * 100) / 100;
        return Math.min(Math.max(next, -LIMIT), LIMIT);
      });
    }

    const reset = () => Object.assign(state, START, { logits: [...START.logits] });

    // --- page ---------------------------------------------------------------------
    const formula = node("span", { class: "ce-formula" });
    const ratio = letter("");
    const nats = node("span", { class: "ce-number", "data-value": "nats" });
    const bits = node("span", { class: "ce-number", "data-value": "bits" });
    const row = (...parts) => node("div", { class: "ce-row" }, ...parts);
    const head = (...parts) => node("p", { class: "ce-head" }, ...parts);
    const inputs = node("div", { class: "ce-inputs" },
      head(node("span", { class: "ce-small" }, "true class"), "Logits\u00a0", letter("z")),
      ...sliders.map((s, j) => {
        const kind = { class: `ce-name ce-${CLASSES[j]}` };
        return row(node("label", kind, radios[j], CLASSES[j]), s.input, s.value);
      }),
      row(temperature.label, temperature.input, temperature.value));
    const outputs = node("div", { class: "ce-outputs" },
      head("Probabilities\u00a0", node("span", { class: "ce-formula" },
        letter("q"), " = softmax(", letter("z"), "/", letter("T"), ")")),
      probabilities.svg,
      node("p", { class: "ce-loss" },
        node("span", { class: "ce-title" }, "Loss ", formula),
        node("span", {}, nats, " nats"),
        node("span", { class: "ce-small" }, bits, " bits")));
    stage.append(
      inputs,
      link("forward", "softmax", ROW, 4, 3),
      outputs,
      link("backward", "gradient", SMALL_ROW, 1, 3),
      node("div", { class: "ce-gradients" },
        head("Gradient\u00a0", node("span", { class: "ce-formula" },
          letter("\u2202L/\u2202z"), " = ", ratio)),
        gradients.svg),
      node("div", { class: "ce-buttons" },
        button("Step downhill", () => { descend(); changed(); }),
        button("Reset", () => { reset(); changed(); })));

    // --- drawing ------------------------------------------------------------------
    function drawProbabilities(width, q, loss) {
      const x = (share) => NAME + share * (width - NAME - VALUE);
      const y = (value) => CURVE_TOP + CURVE * (1 - Math.min(value, DEEPEST) / DEEPEST);
      const parts = [0, 0.5, 1].flatMap((tick) => [
        line(x(tick), 0, x(tick), CURVE_TOP + CURVE),
        words(x(tick), 3 * ROW + 18, tick, centred),
      ]);
      const end = { "text-anchor": "end" };
      CLASSES.forEach((name, j) => {
        const middle = (j + 0.5) * ROW;
        parts.push(
          words(NAME - 8, middle + 5, name, { class: `ce-${name}`, ...end }),
          bar(x(0), middle - BAR / 2, x(q[j]) - x(0), BAR, COLOURS[j], "ce-bar"),
          words(width, middle + 5, short(q[j]), { "data-value": `q-${name}`, ...end }));
      });

      // The label p: all of the probability on the true class.
      const row = (state.label + 0.5) * ROW;
      const share = q[state.label];
      parts.push(bar(x(0), row - BAR / 2 - 3, x(1) - x(0), BAR + 6, "none", "ce-target"));
      if (share < 0.85) {
        const kind = { class: "ce-note", ...end };
        parts.push(words(x(1) - 8, row + 4, ["label ", sign("p")], kind));
      }

      // The curve -ln q, with more points where it is steep, and the way from the end
      // of the true class's bar down to it. The loss is the height of the thick line.
      const curve = Array.from({ length: 81 }, (_, k) => {
        const depth = (DEEPEST * k) / 80;
        return `${x(Math.exp(-depth)).toFixed(1)},${y(depth).toFixed(1)}`;
      });
      for (let tick = 0; tick <= DEEPEST; tick += 1) {
        parts.push(
          words(NAME - 8, y(tick) + 4, tick, { class: "ce-tick", ...end }),
          line(x(0) - 4, y(tick), x(0), y(tick)));
      }
      const at = { x: x(share), y: y(loss) };
      const fill = COLOURS[state.label];
      const way = `M${at.x},${row + BAR / 2 + 3}V${at.y}H${x(0)}`;
      const depth = line(at.x, y(0), at.x, at.y, "ce-depth");
      depth.setAttribute("stroke", fill);
      parts.push(
        line(x(0), y(0), x(1), y(0)),
        node("path", { d: `M${curve.join("L")}`, class: "ce-curve" }),
        node("path", { d: way, class: "ce-drop" }),
        depth,
        // Off the scale, the point becomes an arrow that says so.
        loss > DEEPEST
          ? node("path", { d: `M${at.x - 7},${at.y + 4}h14l-7,-13z`, fill })
          : node("circle", { cx: at.x, cy: at.y, r: 6, fill }));
      const label = `Probabilities: ${named(q)}. Loss ${spoken(loss)} nats.`;
      probabilities.draw(width, CURVE_TOP + CURVE + 8, label, parts);
    }

    function drawGradients(width, slope) {
      // At a low temperature the gradient grows as 1/T, and so does its axis.
      const reach = [1, 2, 5, 10].find((limit) => limit * state.temperature >= 1);
      const left = LEFT + THUMB / 2, right = width - VALUE - THUMB / 2;
      const x = (value) => left + (right - left) * (value / reach + 1) / 2;
      const foot = 3 * SMALL_ROW;
      const parts = [-reach, 0, reach].flatMap((tick) => [
        line(x(tick), 0, x(tick), foot + 4),
        words(x(tick), foot + 18, fixed(tick, 0), centred),
      ]);
      CLASSES.forEach((name, j) => {
        const middle = (j + 0.5) * SMALL_ROW;
        const [from, to] = [x(0), x(slope[j])].sort((a, b) => a - b);
        const kind = { "data-value": `gradient-${name}`, "text-anchor": "end" };
        parts.push(
          words(24, middle + 5, name, { class: `ce-${name}` }),
          bar(from, middle - 7, to - from, 14, COLOURS[j], "ce-bar"),
          words(width, middle + 5, short(slope[j]), kind));
      });
      gradients.draw(width, foot + 24, `Gradient: ${named(slope)}.`, parts);
    }

    function draw() {
      const { logits, label, temperature: T } = state;
      const loss = math.loss(logits, label, T);
      sliders.forEach((s, j) => s.set(logits[j]));
      temperature.set(toPosition(T));
      radios[label].checked = true;
      drawProbabilities(outputs.clientWidth, math.softmax(logits, T), loss);
      drawGradients(inputs.clientWidth, math.gradient(logits, label, T));
      const name = node("sub", {}, CLASSES[label]);
      formula.replaceChildren(letter("L"), " = \u2212ln ", letter("q"), name);
      ratio.textContent = T === 1 ? "q \u2212 p" : "(q \u2212 p) / T";
      nats.textContent = short(loss);
      bits.textContent = short(loss / Math.LN2);
    }

    function sentence() {
      const { logits, label, temperature: T } = state;
      const loss = math.loss(logits, label, T);
      return `Probabilities: ${named(math.softmax(logits, T))}. ` +
        `The true class is ${CLASSES[label]}: loss ${spoken(loss)} nats, ` +
        `${spoken(loss / Math.LN2)} bits. ` +
        `Gradient: ${named(math.gradient(logits, label, T))}.`;
    }

    reset();
    return draw;
  });
})();
