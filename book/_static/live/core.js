// What the live figures share: arithmetic, number formats, small builders of HTML
// and SVG, and the change from the static picture to the live one.
// A classic script without imports, so that it runs from file:// too.
(function () {
  "use strict";

  const CLASSES = ["cat", "dog", "bird"];
  const COLOURS = CLASSES.map((name) => `var(--ce-${name})`);

  // --- arithmetic: finite logits, three classes or any other number ---------------

  // t = (z - max z) / T, the index of the maximum, and the sum of the exponentials of
  // the others. Everything below is a function of these, and none of it overflows or
  // loses the small terms beside a 1. The order of the operations is the package's.
  function shifted(logits, temperature) {
    const max = Math.max(...logits);
    const top = logits.indexOf(max);
    const t = logits.map((z) => (z - max) / temperature);
    const rest = t.reduce((sum, x, j) => (j === top ? sum : sum + Math.exp(x)), 0);
    return { t, top, max, rest };
  }

  function logsumexp(logits) {
    const { max, rest } = shifted(logits, 1);
    return max + Math.log1p(rest);
  }

  function softmax(logits, temperature = 1) {
    const { t, rest } = shifted(logits, temperature);
    return t.map((x) => Math.exp(x) / (1 + rest));
  }

  // -ln softmax(z/T)[label], in nats. Never logsumexp - z: that difference would
  // round a small loss to 0.
  function loss(logits, label, temperature = 1) {
    const { t, rest } = shifted(logits, temperature);
    return Math.log1p(rest) - t[label];
  }

  // The derivative of that loss with respect to the logits z: (q - p) / T.
  function gradient(logits, label, temperature = 1) {
    const { t, top, rest } = shifted(logits, temperature);
    return t.map((x, j) => {
      if (j !== label) return Math.exp(x) / (1 + rest) / temperature;
      // q - 1 would round to 0 for a confident model; this is the same, exactly.
      if (j === top) return -rest / (1 + rest) / temperature;
      return (Math.exp(x) / (1 + rest) - 1) / temperature;
    });
  }

  // Information measures, in bits. 0 log 0 counts 0; p > 0 where q = 0 gives Infinity.
  const total = (terms) => terms.reduce((sum, x) => sum + x, 0);

  function entropy(p) {
    return total(p.map((x) => (x === 0 ? 0 : -x * Math.log2(x))));
  }

  function crossEntropy(p, q) {
    return total(p.map((x, j) => (x === 0 ? 0 : -x * Math.log2(q[j]))));
  }

  // As the package forms it: p log(p / q) - p + q is never negative, so that nearly equal
  // p and q, which sum to 1 only within rounding, keep the digits of what is between them.
  function klDivergence(p, q) {
    // r - log1p(r), by the series of artanh.
    const lessLog1p = (r) => {
      const s = r / (2 + r);
      let series = 0;
      for (let odd = 19; odd > 1; odd -= 2) series = series * s * s + 2 / odd;
      return s * (r - series * s * s);
    };
    const term = (x, y) =>
      x > 0 && Math.abs(y - x) <= x / 5
        ? x * lessLog1p((y - x) / x)
        : (x === 0 ? 0 : x * Math.log(x / y)) - x + y;
    return total(p.map((x, j) => term(x, q[j]))) / Math.LN2;
  }

  // --- numbers as text ------------------------------------------------------------

  const minus = (text) => text.replaceAll("-", "\u2212");

  function fixed(value, digits) {
    if (value === Infinity) return "\u221e";
    const text = value.toFixed(digits);
    return minus(Number(text) === 0 ? text.replace("-", "") : text);
  }

  // Three decimals; a value too small for them as 4.5e−5, so that "small" is not read
  // as "zero".
  function short(value) {
    const tiny = value !== 0 && Math.abs(value) < 0.0005;
    return tiny ? minus(value.toExponential(1)) : fixed(value, 3);
  }

  // The same for a voice, which reads neither exponents nor the minus sign well.
  function spoken(value) {
    if (value === Infinity) return "infinite";
    if (value !== 0 && Math.abs(value) < 0.0005) {
      const [mantissa, exponent] = value.toExponential(1).split("e-");
      return `${mantissa.replace("-", "minus ")} times 10 to the minus ${exponent}`;
    }
    return fixed(value, 3).replace("\u2212", "minus ");
  }

  // cat 0.231, dog 0.629, bird 0.140
  const named = (values) =>
    CLASSES.map((name, j) => `${name} ${spoken(values[j])}`).join(", ");

  // --- HTML and SVG ---------------------------------------------------------------

  const SVG_TAGS = new Set("svg g path rect circle line text tspan title".split(" "));

  // node("text", {x: 3}, "cat", ...): an element with attributes and children.
  function node(tag, attributes = {}, ...children) {
    const made = SVG_TAGS.has(tag)
      ? document.createElementNS("http://www.w3.org/2000/svg", tag)
      : document.createElement(tag);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children);
    return made;
  }

  // A picture in CSS pixels, drawn anew at each change: a few dozen elements.
  // Its label says in words what it shows; its parts are hidden from a screen reader.
  function picture(name) {
    const svg = node("svg", { class: "ce-picture", role: "img", "data-picture": name });
    return {
      svg,
      draw(width, height, label, parts) {
        svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
        svg.setAttribute("width", width);
        svg.setAttribute("height", height);
        svg.setAttribute("aria-label", label);
        svg.replaceChildren(...parts);
      },
    };
  }

  const line = (x1, y1, x2, y2, kind = "ce-grid") =>
    node("line", { x1, y1, x2, y2, class: kind });

  const bar = (x, y, width, height, fill, kind = "") =>
    node("rect", { x, y, width: Math.max(width, 0.5), height, fill, class: kind });

  // words(x, y, "cat", {class: ...}): text in a picture, in one piece or several.
  const words = (x, y, content, attributes = {}) =>
    node("text", { x, y, ...attributes }, ...[content].flat());

  // The d of a path through points [x, y].
  const through = (points) =>
    `M${points.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join("L")}`;

  // A curve's look is {colour, dash, marker, hollow}: three ways to tell it from the
  // others, so that none is needed. Its line, its marker at a point, and a sample.
  const stroke = ({ colour, dash }) => ({
    class: "ce-curve", style: `stroke: ${colour}; stroke-dasharray: ${dash}`,
  });
  const marker = (look, x, y) => node("path", {
    d: look.marker, transform: `translate(${x} ${y})`, stroke: look.colour,
    "stroke-width": 2, fill: look.hollow ? "none" : look.colour,
  });
  const sample = (look) => node("svg", { width: 44, height: 16, "aria-hidden": "true" },
    node("path", { d: "M0,8H44", ...stroke(look) }), marker(look, 22, 8));
  const MARKERS = {
    circle: "M-5,0a5,5,0,1,0,10,0a5,5,0,1,0,-10,0z",
    triangle: "M-7,5.5h14l-7,-13z",
    square: "M-5,-5h10v10h-10z",
    diamond: "M0,-7l6,7l-6,7l-6,-7z",
  };

  // The letter of a quantity: in running text, and in a picture.
  const letter = (name) => node("i", {}, name);
  const sign = (name) => node("tspan", { class: "ce-symbol" }, name);

  // --- controls -------------------------------------------------------------------

  // A labelled native slider with its value beside it. Its bar grows from `origin`.
  // `show` makes the visible text, `say` the words for a screen reader.
  let count = 0;

  function slider({ label, name, min, max, step, origin = min, show, say = show, colour }) {
    const id = `ce-${name}-${(count += 1)}`; // Two figures may share a page.
    const input = node("input", {
      type: "range", id, name, min, max, step, style: `--ce-colour: ${colour}`,
      autocomplete: "off",
    });
    // Not an <output>: that is a live region and would speak at every pixel. The
    // slider says its value itself.
    const value = node("span", {
      class: "ce-number", "data-value": name, "aria-hidden": "true",
    });
    const share = (x) => (Math.min(Math.max(x, min), max) - min) / (max - min);
    return {
      input,
      value,
      label: node("label", { for: id }, ...[label].flat()),
      // `mark` is where a small tick stands, for comparison.
      set(x, mark) {
        input.value = x;
        value.textContent = show(x);
        value.dataset.exact = x; // What the rounded text stands for.
        input.setAttribute("aria-valuetext", say(x));
        const [from, to] = [share(origin), share(x)].sort((a, b) => a - b);
        input.style.setProperty("--ce-from", from);
        input.style.setProperty("--ce-to", to);
        if (mark !== undefined) input.style.setProperty("--ce-mark", share(mark));
      },
    };
  }

  // One slider for each class's logit, from -LIMIT to LIMIT. change(j, z) is called when
  // logit j becomes z.
  const LIMIT = 5;

  function logitSliders(change) {
    return CLASSES.map((name, j) => {
      const made = slider({
        label: name, name: `logit-${name}`, colour: COLOURS[j],
        min: -LIMIT, max: LIMIT, step: 0.1, origin: 0,
        show: (z) => fixed(z, 2),
        say: (z) => fixed(z, 2).replace("\u2212", "minus "),
      });
      made.label.className = `ce-${name}`;
      made.input.setAttribute("aria-label", `Logit of ${name}`);
      made.input.addEventListener("input", () => change(j, Number(made.input.value)));
      return made;
    });
  }

  // A slider of the temperature, from 0.1 to 10 on a log scale: its position is
  // 50 log10 T. T keeps three digits, so that whoever types the number shown gets the
  // same result.
  const toPosition = (temperature) => Math.round(50 * Math.log10(temperature));
  const toTemperature = (position) => Number((10 ** (position / 50)).toPrecision(3));

  function temperatureSlider(label, change) {
    const made = slider({
      label, name: "temperature", colour: "var(--ce-muted)", min: -50, max: 50, step: 1,
      origin: 0, show: (x) => String(toTemperature(x)),
    });
    made.input.setAttribute("aria-label", "Temperature T");
    made.input.addEventListener("input", () => {
      change(toTemperature(Number(made.input.value)));
    });
    return made;
  }

  // A choice of one in a row of native radio buttons. change(index) is called.
  function choice({ label, name, options, change }) {
    const group = `ce-${name}-${(count += 1)}`;
    const inputs = options.map((option, j) => {
      const input = node("input", {
        type: "radio", name: group, value: option, autocomplete: "off",
      });
      input.addEventListener("change", () => change(j));
      return input;
    });
    const set = { class: "ce-choice", "data-choice": name };
    return {
      element: node("fieldset", set, node("legend", {}, ...[label].flat()),
        ...inputs.map((input, j) => node("label", {}, input, options[j]))),
      set(j) { inputs[j].checked = true; },
    };
  }

  function button(content, act) {
    const made = node("button", { type: "button" }, ...[content].flat());
    made.addEventListener("click", act);
    return made;
  }

  // Dragging in a picture: change(share) is called with the share of the way from
  // `left` pixels inside its left edge to `right` pixels inside its right edge.
  function follow(svg, left, right, change) {
    svg.classList.add("ce-draggable");
    const tell = (event) => {
      const box = svg.getBoundingClientRect();
      const share = (event.clientX - box.left - left) / (box.width - left - right);
      change(Math.min(Math.max(share, 0), 1));
    };
    svg.addEventListener("pointerdown", (event) => {
      svg.setPointerCapture(event.pointerId);
      tell(event);
    });
    svg.addEventListener("pointermove", (event) => {
      if (svg.hasPointerCapture(event.pointerId)) tell(event);
    });
  }

  // --- speaking -------------------------------------------------------------------

  // A polite live region. It waits until the hand rests, then says one sentence.
  function announcer(stage) {
    const region = node("p", { class: "ce-announce", role: "status" });
    stage.append(region);
    let timer = 0;
    return (sentence) => {
      clearTimeout(timer);
      timer = setTimeout(() => { region.textContent = sentence; }, 700);
    };
  }

  // --- from the static picture to the live one ------------------------------------

  // build(stage) fills the stage and returns draw(width), which is called again
  // whenever the stage's width changes.
  function mount(name, build) {
    for (const place of document.querySelectorAll(`.ce-live[data-figure="${name}"]`)) {
      const still = node("div", { class: "ce-static" });
      const stage = node("div", { class: `ce-stage ce-stage-${name}` });
      still.append(...place.childNodes);
      place.append(still, stage);
      try {
        const draw = build(stage);
        // Draw at once, before the browser paints, then at each change of the width.
        let width = 0;
        const fit = () => {
          if (stage.clientWidth === width || stage.clientWidth === 0) return;
          width = stage.clientWidth;
          draw(width);
        };
        fit();
        new ResizeObserver(fit).observe(stage);
        place.classList.add("ce-alive");
      } catch (problem) {
        stage.remove(); // The static picture stays.
        throw problem;
      }
    }
  }

  window.CrossEntropyLive = {
    CLASSES, COLOURS,
    math: {
      logsumexp, softmax, loss, gradient, entropy, crossEntropy, klDivergence,
    },
    fixed, short, spoken, named,
    node, picture, line, bar, words, through, letter, sign,
    stroke, marker, sample, MARKERS,
    LIMIT, slider, logitSliders, temperatureSlider, toPosition, toTemperature,
    choice, button, follow, announcer, mount,
  };
})();
