// Entropy, cross-entropy and the two Kullback-Leibler divergences of two
// distributions that the reader moves.
//
// Each bar is a sum of bits, on one scale: H(p) and H(p, q) with a segment for each
// class, then H(p, q) again as H(p) + KL(p || q), then KL(q || p) by itself.
(function () {
  "use strict";
  const {
    CLASSES, COLOURS, math, short, spoken,
    node, picture, line, bar, words, letter, sign, slider, button, announcer, mount,
  } = window.CrossEntropyLive;

  // p is what really comes; q is the running example's prediction, softmax(1, 2, 0.5).
  const START = { p: [0.15, 0.25, 0.6], q: math.softmax([1, 2, 0.5]) };

  const ROW = 52, BAR = 18, TEXT = 18, FOOT = 30; // in CSS pixels

  // Give class j the share `value`; the others keep their proportions, or share
  // equally when they had nothing.
  function withShare(shares, j, value) {
    const rest = shares.reduce((sum, x, k) => (k === j ? sum : sum + x), 0);
    return shares.map((x, k) => {
      if (k === j) return value;
      return (1 - value) * (rest > 0 ? x / rest : 1 / (shares.length - 1));
    });
  }

  mount("surprise", (stage) => {
    const state = {};
    const say = announcer(stage);
    const bars = picture("bits");
    const changed = () => { draw(); say(sentence()); };
    const reset = () => Object.assign(state, { p: [...START.p], q: [...START.q] });

    // --- controls -----------------------------------------------------------------
    const sharesOf = (which) => CLASSES.map((name, j) => {
      const made = slider({
        label: name, name: `${which}-${name}`, colour: COLOURS[j],
        min: 0, max: 1, step: 0.01, show: short, say: spoken,
      });
      made.label.className = `ce-${name}`;
      made.input.setAttribute("aria-label", `${which} of ${name}`);
      made.input.addEventListener("input", () => {
        state[which] = withShare(state[which], j, Number(made.input.value));
        changed();
      });
      return made;
    });
    const sliders = { p: sharesOf("p"), q: sharesOf("q") };
    const panel = (which, title, ...hint) => node("div", {},
      node("p", { class: "ce-head" }, letter(which), `\u00a0 ${title}`,
        node("span", { class: "ce-small ce-hint" }, ...hint)),
      ...sliders[which].map((s) =>
        node("div", { class: "ce-row" }, s.label, s.input, s.value)));
    const does = (content, act) => button(content, () => { act(); changed(); });

    stage.append(
      panel("p", "what happens"),
      panel("q", "what the model expects", "tick: ", letter("p")),
      node("div", { class: "ce-bits" },
        node("p", { class: "ce-head" }, "Average surprise in bits"), bars.svg),
      node("div", { class: "ce-buttons" },
        does([letter("q"), " = ", letter("p")], () => { state.q = [...state.p]; }),
        does("Swap", () => { [state.p, state.q] = [state.q, state.p]; }),
        does([letter("p"), " = dog"], () => { state.p = [0, 1, 0]; }),
        does("Reset", reset)));

    // --- drawing ------------------------------------------------------------------
    const measures = ({ p, q }) => ({
      entropy: math.entropy(p),
      cross: math.crossEntropy(p, q),
      forward: math.klDivergence(p, q),
      backward: math.klDivergence(q, p),
    });

    function sentence() {
      const m = measures(state);
      return `Entropy of p ${spoken(m.entropy)} bits. ` +
        `Cross-entropy of p and q ${spoken(m.cross)} bits. ` +
        `KL divergence of p from q ${spoken(m.forward)} bits, ` +
        `of q from p ${spoken(m.backward)} bits.`;
    }

    function draw() {
      const { p, q } = state;
      const m = measures(state);
      const width = bars.svg.parentNode.clientWidth;
      sliders.p.forEach((s, j) => s.set(p[j]));
      sliders.q.forEach((s, j) => s.set(q[j], p[j]));

      // The axis doubles when a bar would leave it.
      const finite = [m.entropy, m.cross, m.backward].filter(Number.isFinite);
      let reach = 3;
      while (Math.max(...finite) > reach) reach *= 2;
      const x = (value) => (Math.min(value, reach) / reach) * (width - 16);
      const top = (row) => row * ROW + 26;
      const foot = top(3) + BAR + 8;
      const parts = [0, 1, 2, 3].flatMap((k) => {
        const tick = (k * reach) / 3;
        const kind = { class: "ce-tick", "text-anchor": k ? "middle" : "start" };
        return [line(x(tick), 0, x(tick), foot), words(x(tick), foot + 18, tick, kind)];
      });
      // From the ends of H(p) and H(p, q) down to their sum.
      parts.push(
        line(x(m.entropy), top(0), x(m.entropy), top(2) + BAR, "ce-drop"),
        line(x(m.cross), top(1), x(m.cross), top(2) + BAR, "ce-drop"));

      const title = (row, name, kind, ...content) => {
        const number = { class: `ce-value ${kind}`, "data-value": name, dx: 6 };
        const value = node("tspan", number, short(m[name]));
        parts.push(words(0, row * ROW + TEXT, [...content, value]));
      };
      // Segments side by side. An infinite one runs over the edge as an arrow.
      const stack = (row, values, colours, kind) => {
        const y = top(row);
        let start = 0;
        values.forEach((value, j) => {
          const left = x(start);
          start += value;
          if (value === Infinity) {
            const d = `M${left},${y}H${width - 10}l10,${BAR / 2}l-10,${BAR / 2}H${left}z`;
            parts.push(node("path", { d, fill: colours[j], class: kind }));
          } else if (value > 0) {
            parts.push(bar(left, y, x(start) - left - 1, BAR, colours[j], kind));
          }
        });
      };
      const divergence = (a, b) => node("tspan", { class: "ce-extra" },
        "KL(", sign(a), " \u2016 ", sign(b), ")");
      const cost = (code) => p.map((x, j) => (x === 0 ? 0 : -x * Math.log2(code[j])));

      title(0, "entropy", "", "Entropy ", sign("H"), "(", sign("p"), ")");
      stack(0, cost(p), COLOURS, "ce-bar");
      title(1, "cross", "", "Cross-entropy ", sign("H"), "(", sign("p"), ", ", sign("q"), ")");
      stack(1, cost(q), COLOURS, "ce-bar");
      title(2, "forward", "ce-extra", "= ", sign("H"), "(", sign("p"), ") + ",
        divergence("p", "q"));
      stack(2, [m.entropy, m.forward], ["var(--ce-muted)", "var(--ce-accent)"], "ce-bar");
      title(3, "backward", "ce-extra", "Reversed: ", divergence("q", "p"));
      stack(3, [m.backward], ["none"], "ce-hollow");
      bars.draw(width, foot + FOOT, sentence(), parts);
    }

    reset();
    return draw;
  });
})();
