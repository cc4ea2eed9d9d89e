// What is said of a step: a title, lines of [name, formula, remark], and words for screen readers.
//
// Names are written as text by page.py, in MathML; nothing else here is markup of the page's user.

function autogradWords(data, history, numbers) {
  const { nodes, math } = data;
  const { frames, arrivals } = history;
  const MOST = 6; // lines of a step that has many
  const { value, partials, total, told, shown } = numbers;
  const { format } = autogradNumbers;

  // -- MathML -----------------------------------------------------------------------------------

  const sign = (s) => `<mo>${s}</mo>`;
  const row = (...parts) => `<mrow>${parts.join("")}</mrow>`;
  const bracketed = (...parts) => row(sign("("), ...parts, sign(")"));
  const isCompound = (s) => /^-|e|\//.test(s);
  function number(s) {
    const [mantissa, e] = s.split(/e(?=[-+]\d)/);
    const text = `<mn>${mantissa.replace("-", "")}</mn>`;
    const power = e && `${sign("·")}<msup><mn>10</mn><mn>${String(Number(e)).replace("-", "−")}</mn></msup>`;
    return row(mantissa.startsWith("-") ? sign("−") : "", text, power ?? "");
  }
  const factor = (s) => (isCompound(s) ? bracketed(number(s)) : number(s));
  const named = (i) => math[nodes[i].math];
  const equation = (...sides) => `<math displaystyle="true">${sides.join(sign("="))}</math>`;
  const times = (a, b) => a + sign("·") + b;
  const gradOf = (i) => row("<mi>grad</mi>", bracketed(named(i)));
  const operation = (i, inNumbers) => filled(i, nodes[i].formula, inNumbers);
  const localOf = (i, edge) => filled(i, nodes[i].signs[edge]);

  // page.py left places for the operands of node i, some of them in brackets
  function filled(i, formula, inNumbers) {
    const { operands, parents } = nodes[i];
    return math[formula].replace(/<mi>([\ue000-\uf8ff])<\/mi>/g, (_, place) => {
      const code = place.charCodeAt(0);
      const j = parents[operands.indexOf(code % 0x800)];
      if (!inNumbers) return named(j);
      return code >= 0xe800 ? factor(shown(j)) : number(shown(j));
    });
  }

  const vector = (xs) => bracketed(xs.map((x) => number(format(x))).join(sign(",")));
  function matrix(rows) {
    const cell = (x) => `<mtd>${number(format(x))}</mtd>`;
    const lines = rows.map((xs) => `<mtr>${xs.map(cell).join("")}</mtr>`);
    return `<mtable>${lines.join("")}</mtable>`; // the style sheet draws its brackets
  }
  const column = (xs) => matrix(xs.map((x) => [x]));

  // -- one frame --------------------------------------------------------------------------------

  const forward = ({ node: i }) => [
    ["formula", equation(named(i), operation(i, false))],
    ["in numbers", equation(named(i), operation(i, true), number(shown(i)))],
  ];

  function stateOf(i, at) {
    const [arrived, every] = [history.past(arrivals[i], at), arrivals[i].length];
    if (!arrived) return "· waiting";
    if (arrived < every) return `… ${arrived} of ${every} terms`;
    const [found, right] = [told(arrivals[i].at(-1), "after"), numbers.right(i)];
    const isWrong = numbers.changed ? found !== right : nodes[i].right !== undefined;
    return isWrong ? `✗ wrong: ${right} is right` : "✓ complete";
  }

  function backward(t, at, hidden) {
    const { node: i, parent: j, edge } = frames[t];
    const [upstream, local, before] = ["upstream", "local", "before"].map((which) => told(t, which));
    const [product, after] = ["contribution", "after"].map((which) => (hidden ? "?" : told(t, which)));
    const rule = nodes[i].rules[edge];
    const isStale = numbers.changed && nodes[i].decided; // its where() may go another way now
    const passed = history.past(arrivals[i], at);
    const early = passed < arrivals[i].length ? `✗ too early: ${passed} of ${arrivals[i].length} terms` : "";
    const added = number(before) + sign("+") + factor(product);
    const state = hidden ? "" : stateOf(j, at);
    return {
      title: `Backward pass: from ${nodes[i].name} to ${nodes[j].name}`,
      lines: [
        ["upstream gradient", equation(gradOf(i), number(upstream)), early],
        ["local derivative", equation(localOf(i, edge), ...(rule == null || isStale ? [] : [math[rule]]), number(local))],
        ["their product", equation(times(gradOf(i), localOf(i, edge)), times(number(upstream), factor(local)), number(product))],
        ["sum so far", equation(gradOf(j), added, number(after)), state],
      ],
      words:
        `From ${nodes[i].name} to ${nodes[j].name}: upstream ${upstream} times local ${local} ` +
        `is ${product}. Sum so far ${after}, ${state}. ${early}`,
    };
  }

  const single = {
    start: () => ({ title: "Start: the leaves have their numbers", lines: [] }),
    forward: (t, at, hidden) => {
      const { node: i } = frames[t];
      const [symbols, inNumbers] = forward(frames[t]);
      if (hidden) inNumbers[1] = equation(named(i), operation(i, true), number("?"));
      return {
        title: `Forward pass: ${nodes[i].name} is computed`,
        lines: [symbols, inNumbers],
        words: `Forward pass: ${nodes[i].name} is ${hidden ? "?" : shown(i)}.`,
      };
    },
    seed: (t, at, hidden) => {
      const [{ node: i }, after] = [frames[t], hidden ? "?" : told(t, "after")];
      return {
        title: `Backward pass: it starts at ${nodes[i].name}`,
        lines: [["seed", equation(gradOf(i), number(after))]],
        words: `Backward pass: the gradient of ${nodes[i].name} by itself is ${after}.`,
      };
    },
    backward,
  };

  // -- a neuron or a layer: z = W h + b, a = f(z) -----------------------------------------------

  // a weight or an input is a node, or a number that Python wrote
  const read = (x, of = value) => (typeof x === "number" ? of[x] : of === value ? Number(x) : 0);
  const readAll = (xs, of) => xs.map((x) => read(x, of));
  const hasActivation = ({ z, a }) => z !== a;
  const slopeOf = ({ z, a }) => (z === a ? 1 : partials[a][0]);
  const letter = (s) => `<mi>${s}</mi>`;
  const transposed = (s) => `<msup>${letter(s)}${sign("′")}</msup>`;
  const entrywise = (a, b) => a + sign("∘") + b;
  const columns = (cells) => cells[0].w.map((_, k) => cells.map(({ w }) => read(w[k])));
  const back = (cells) => columns(cells).map((ws) => ws.reduce((sum, w, r) => sum + w * total[cells[r].z], 0));

  function cellsForward(cells) {
    const one = cells.length === 1;
    const show = one ? (xs) => (xs.length === 1 ? number(format(xs[0])) : vector(xs)) : column;
    const [z, a] = ["z", "a"].map((which) => show(readAll(cells.map((cell) => cell[which]))));
    const weights = one ? show(readAll(cells[0].w)) : matrix(cells.map(({ w }) => readAll(w)));
    const bias = cells[0].b === null ? "" : sign("+") + show(readAll(cells.map(({ b }) => b)));
    const symbols = times(letter(one ? "w" : "W"), letter("h")) + (bias && sign("+") + letter("b"));
    const lines = [[
      one ? "pre-activation" : "pre-activations",
      equation(letter("z"), symbols, times(weights, show(readAll(cells[0].x))) + bias, z),
    ]];
    if (cells.some(hasActivation)) lines.push(["activation", equation(letter("a"), row(letter(cells[0].f), bracketed(letter("z"))), a)]);
    return lines;
  }

  function cellsBackward(cells) {
    const one = cells.length === 1;
    const show = (xs) => (one && xs.length === 1 ? number(format(xs[0])) : vector(xs));
    const delta = cells.map(({ z }) => total[z]);
    const [arrived, slopes] = [show(cells.map(({ a }) => total[a])), show(cells.map(slopeOf))];
    const h = readAll(cells[0].x);
    const products = delta.map((d) => h.map((x) => d * x));
    const grad = (s) => row("<mi>grad</mi>", bracketed(letter(s)));
    const product = one ? times : entrywise;
    const slope = row(`<msup>${letter(cells[0].f)}${sign("′")}</msup>`, bracketed(letter("z")));
    const lines = cells.some(hasActivation)
      ? [["delta", equation(letter("δ"), product(grad("a"), slope), product(arrived, slopes), show(delta))]]
      : [["delta", equation(letter("δ"), grad("z"), show(delta))]];
    const sides = one
      ? [grad("w"), times(letter("δ"), letter("h")), show(products[0])]
      : [grad("W"), letter("δ") + transposed("h"), column(delta) + matrix([h]), matrix(products)];
    lines.push([one ? "all its weights" : "all weights", equation(...sides)]);
    if (cells[0].b !== null) lines.push(["bias", equation(grad("b"), letter("δ"), show(delta))]);
    if (cells[0].x.some((x) => typeof x === "number"))
      lines.push(["passed on", equation(letter(one ? "δ" : "") + (one ? sign("·") + letter("w") : transposed("W") + letter("δ")), vector(back(cells)))]);
    return lines;
  }

  function many({ kind, name, frames: every, cells }, at) {
    const title = kind === "forward" ? `Forward pass: ${name} is computed` : `Backward pass: through ${name}`;
    if (cells.length) {
      const lines = kind === "forward" ? cellsForward(cells) : cellsBackward(cells);
      return { title, lines };
    }
    const lines = every.slice(0, MOST).map((t) => {
      const { node: i, kind: what, parent: j, edge } = frames[t];
      if (what === "forward") return [nodes[i].name, forward(frames[t])[1][1]];
      if (what === "seed") return [nodes[i].name, equation(gradOf(i), number(told(t, "after")))];
      const product = multiplied(t);
      return [`${nodes[i].name} → ${nodes[j].name}`, equation(times(gradOf(i), localOf(i, edge)), product, number(told(t, "contribution")))];
    });
    if (every.length > MOST) lines.push(["", `… and ${every.length - MOST} more: the table has them`]);
    return { title, lines };
  }

  const multiplied = (t) => times(number(told(t, "upstream")), factor(told(t, "local")));

  return {
    stateOf,
    // upstream × local, as text
    product: (t) => {
      if (frames[t].kind === "seed") return told(t, "after");
      const local = told(t, "local");
      return `${told(t, "upstream")} × ${local.startsWith("-") ? `(${local})` : local}`;
    },
    // with `hidden`, without the number that the step is about
    of: (step, at, hidden = false) =>
      history.level === "edges" || step.kind === "start"
        ? single[step.kind](step.frames[0], at, hidden)
        : many(step, at),
  };
}
