// What the live figures share: arithmetic, number formats, small builders of HTML
// and SVG, and the change from the static picture to the live one.
// A classic script without imports, so that it runs from file:// too.
(function () {
  "use strict";

  const CLASSES = ["cat", "dog", "bird"];

  // --- arithmetic: finite logits, three classes or any other number ---------------

  // The scaled logits less their maximum, the maximum's index, and the sum of the
  // exponentials of the others. Everything below is a function of these three, and
  // none of it overflows or loses the small terms beside a 1.
  function shifted(logits, temperature) {
    const scaled = logits.map((z) => z / temperature);
    const max = Math.max(...scaled);
    const top = scaled.indexOf(max);
    const t = scaled.map((z) => z - max);
    const rest = t.reduce((sum, x, j) => (j === top ? sum : sum + Math.exp(x)), 0);
    return { t, top, max, rest };
  }

  function logsumexp(logits, temperature = 1) {
    const { max, rest } = shifted(logits, temperature);
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

  function klDivergence(p, q) {
    return total(p.map((x, j) => (x === 0 ? 0 : x * Math.log2(x / q[j]))));
  }

  // --- numbers as text ------------------------------------------------------------

  const minus = (text) => text.replace("-", "\u2212");

  function fixed(value, digits) {
    if (value === Infinity) return "\u221e";
    const text = value.toFixed(digits);
    return minus(Number(text) === 0 ? text.replace("-", "") : text);
  }

  // Three decimals; a value too small for them as 4.5×10⁻⁵, so that "small" is not
  // read as "zero".
  function short(value) {
    if (value === 0 || Math.abs(value) >= 0.0005) return fixed(value, 3);
    const [mantissa, exponent] = value.toExponential(1).split("e-");
    const raised = [...exponent].map((d) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[d]).join("");
    return minus(`${mantissa}×10⁻${raised}`);
  }

  // The same for a voice, which does not read superscripts.
  function spoken(value) {
    if (value === Infinity) return "infinite";
    if (value !== 0 && Math.abs(value) < 0.0005) {
      const [mantissa, exponent] = value.toExponential(1).split("e-");
      return `${mantissa.replace("-", "minus ")} times 10 to the minus ${exponent}`;
    }
    return fixed(value, 3).replace("\u2212", "minus ");
  }

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

  // A labelled native slider with its value beside it. Its bar grows from `origin`.
  // `show` makes the visible text, `say` the words for a screen reader.
  function slider({ label, name, min, max, step, origin = min, show, say, colour }) {
    const id = `ce-${name}`;
    const input = node("input", {
      type: "range", id, name, min, max, step, style: `--ce-colour: ${colour}`,
      autocomplete: "off",
    });
    const value = node("output", { for: id, "data-value": name });
    const at = (x) => (x - min) / (max - min);
    return {
      input, value,
      label: node("label", { for: id }, ...[label].flat()),
      set(x) {
        input.value = x;
        value.textContent = show(x);
        input.setAttribute("aria-valuetext", (say || show)(x));
        const ends = [at(origin), at(Math.min(Math.max(x, min), max))].sort((a, b) => a - b);
        input.style.setProperty("--ce-from", ends[0]);
        input.style.setProperty("--ce-to", ends[1]);
      },
    };
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
        let width = 0;
        new ResizeObserver(() => {
          if (stage.clientWidth === width || stage.clientWidth === 0) return;
          width = stage.clientWidth;
          draw(width);
        }).observe(stage);
        place.classList.add("ce-alive");
      } catch (problem) {
        stage.remove(); // The static picture stays.
        throw problem;
      }
    }
  }

  window.CrossEntropyLive = {
    CLASSES,
    math: {
      logsumexp, softmax, loss, gradient, entropy, crossEntropy, klDivergence,
    },
    fixed, short, spoken, node, picture, slider, announcer, mount,
  };

  // The page links live.css in its head; a page that does not gets it here.
  const here = document.currentScript.src;
  if (!document.querySelector('link[href*="live/live.css"]')) {
    const href = here.replace(/core\.js.*$/, "live.css");
    document.head.append(node("link", { rel: "stylesheet", href }));
  }
})();
