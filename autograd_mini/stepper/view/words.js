// What is said of a step: a title, lines of [name, formula, remark], and words for screen readers.
//
// Names are written as text by page.py, in MathML; nothing else here is markup of the page's user.

function autogradWords(data, history, numbers) {
  const { nodes, math } = data;
  const { frames, arrivals } = history;
  const MOST = 6; // lines of a step that has many
  const { value, partials, total, told, shown } = numbers;
  const { format, parsed } = autogradNumbers;

  // -- MathML -----------------------------------------------------------------------------------

  const sign = (s) => `<mo>${s}</mo>`;
  const row = (...parts) => `<mrow>${parts.join("")}</mrow>`;
  const bracketed = (...parts) => row(sign("("), ...parts, sign(")"));
  const isCompound = (s) => /^-|e|\//.test(s);
  function number(s) {
    const [mantissa, e] = s.split(/e(?=[-+]\d)/);
    const text = `<mn>${mantissa.replace("-", "")}</mn>`;
    const exponent = `<mn>${String(Number(e)).replace("-", "−")}</mn>`;
    const power = e && `${sign("·")}<msup><mn>10</mn>${exponent}</msup>`;
    return row(mantissa.startsWith("-") ? sign("−") : "", text, power ?? "");
  }
  const factor = (s) => (isCompound(s) ? bracketed(number(s)) : number(s));
  const named = (i) => math[nodes[i].math];
  // in pieces, between which a line may end; a side may have its own sign, such as ["≈", 0.3]
  const BREAK = '</math><math displaystyle="true">';
  function equation(first, ...sides) {
    const signed = sides.map((side) => (Array.isArray(side) ? side : ["=", side]));
    const rest = signed.map(([s, side]) => `${BREAK}<mo form="infix">${s}</mo>${side}`);
    return `<math displaystyle="true">${[first, ...rest].join("")}</math>`;
  }
  // a result; ≈ if it is not what the numbers that are shown give, in as many digits
  const rough = (x) => parsed(format(x));
  const signFor = (xs, given) => (xs.some((x, k) => format(x) !== format(given[k])) ? "≈" : "=");
  const result = (s, given) => [signFor([parsed(s)], [given]), number(s)];
  const times = (a, b) => a + sign("·") + b;
  const gradOf = (i) => row("<mi>grad</mi>", bracketed(named(i)));
  const operation = (i, inNumbers) => filled(i, nodes[i].formula, inNumbers);
  const slope = (i, edge) => filled(i, nodes[i].signs[edge]);

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

  // -- one frame --------------------------------------------------------------------------------

  const inSymbols = (i) => equation(named(i), operation(i, false));
  const inNumbers = (i, s) =>
    equation(named(i), operation(i, true), s === "?" ? number(s) : result(s, numbers.again(i)));

  function stateOf(i, at) {
    const [arrived, every] = [history.past(arrivals[i], at), arrivals[i].length];
    if (!arrived) return "· waiting";
    if (arrived < every) return `… ${arrived} of ${every} terms`;
    const [found, right] = [told(arrivals[i].at(-1), "after"), numbers.right(i)];
    const isWrong = numbers.changed ? found !== right : nodes[i].right !== undefined;
    return isWrong ? `✗ wrong: ${right} is right` : "✓ complete";
  }

  const single = {
    start: () => ({ title: "Start: the leaves have their numbers", lines: [] }),

    forward(t, at, hidden) {
      const { node: i } = frames[t];
      const result = hidden ? "?" : shown(i);
      return {
        title: `Forward pass: ${nodes[i].name} is computed`,
        lines: [["formula", inSymbols(i)], ["in numbers", inNumbers(i, result)]],
        words: `Forward pass: ${nodes[i].name} is ${result}.`,
      };
    },

    seed(t, at, hidden) {
      const [{ node: i }, after] = [frames[t], hidden ? "?" : told(t, "after")];
      return {
        title: `Backward pass: it starts at ${nodes[i].name}`,
        lines: [["seed", equation(gradOf(i), number(after))]],
        words: `Backward pass: the gradient of ${nodes[i].name} by itself is ${after}.`,
      };
    },

    backward(t, at, hidden) {
      const { node: i, parent: j, edge } = frames[t];
      const known = (...names) => names.map((name) => told(t, name));
      const [upstream, local, before] = known("upstream", "local", "before");
      const [product, after] = hidden ? ["?", "?"] : known("contribution", "after");
      const rule = numbers.changed && nodes[i].decided ? null : nodes[i].rules[edge]; // of a where()
      const [passed, every] = [history.past(arrivals[i], at), arrivals[i].length];
      const early = passed < every ? `✗ too early: ${passed} of ${every} terms` : "";
      const state = hidden ? "" : stateOf(j, at);
      const derivative = rule === null ? [] : [math[rule]];
      const multiplied = times(number(upstream), factor(local));
      const added = number(before) + sign("+") + factor(product);
      const [passedOn, sum] = hidden
        ? ["?", "?"].map(number)
        : [result(product, parsed(upstream) * parsed(local)), result(after, parsed(before) + parsed(product))];
      return {
        title: `Backward pass: from ${nodes[i].name} to ${nodes[j].name}`,
        lines: [
          ["upstream gradient", equation(gradOf(i), number(upstream)), early],
          ["local derivative", equation(slope(i, edge), ...derivative, number(local))],
          ["their product", equation(times(gradOf(i), slope(i, edge)), multiplied, passedOn)],
          ["sum so far", equation(gradOf(j), added, sum), state],
        ],
        words:
          `From ${nodes[i].name} to ${nodes[j].name}: upstream ${upstream} times local ${local} ` +
          `is ${product}. Sum so far ${after}, ${state}. ${early}`,
      };
    },
  };

  // -- a neuron, or a layer: z = W h + b, a = f(z) ----------------------------------------------

  const letter = (s) => `<mi>${s}</mi>`;
  const primed = (s) => `<msup>${letter(s)}${sign("′")}</msup>`;
  const grad = (s) => row("<mi>grad</mi>", bracketed(letter(s)));
  // a weight or an input is a node, or a number as text
  const read = (xs) => xs.map((x) => (typeof x === "number" ? value[x] : parsed(x)));
  const readEach = (cells, which) => read(cells.map((cell) => cell[which]));
  const vector = (xs) =>
    sign("(") + xs.map((x) => number(format(x))).join(sign(",") + BREAK) + sign(")");
  function matrix(rows) {
    const cell = (x) => `<mtd>${number(format(x))}</mtd>`;
    const lines = rows.map((xs) => `<mtr>${xs.map(cell).join("")}</mtr>`);
    return `<mtable>${lines.join("")}</mtable>`; // the style sheet draws its brackets
  }
  const column = (xs) => matrix(xs.map((x) => [x]));
  const dot = (xs, ys) => xs.reduce((sum, x, k) => sum + x * ys[k], 0);
  const inRow = (xs) => (xs.length === 1 ? number(format(xs[0])) : vector(xs));

  function cellsForward(cells) {
    const one = cells.length === 1;
    const [{ x, w, b, f }] = cells;
    const show = one ? inRow : column;
    const rows = cells.map((cell) => read(cell.w));
    const [z, biases] = [readEach(cells, "z"), b === null ? [] : readEach(cells, "b")];
    const plus = (made) => (b === null ? "" : sign("+") + made());
    const symbols = times(letter(one ? "w" : "W"), letter("h")) + plus(() => letter("b"));
    const products = times(one ? show(rows[0]) : matrix(rows), show(read(x))) + plus(() => show(biases));
    const again = rows.map((ws, r) => dot(ws.map(rough), read(x).map(rough)) + rough(biases[r] ?? 0));
    const applied = row(letter(f), bracketed(letter("z")));
    const activation = equation(letter("a"), applied, inRow(readEach(cells, "a")));
    return [
      ["pre-activation", equation(letter("z"), symbols, products, [signFor(z, again), show(z)])],
      ...(f ? [["activation", activation]] : []),
    ];
  }

  function cellsBackward(cells) {
    const one = cells.length === 1;
    const [{ x, w, b, f }] = cells;
    const product = one ? times : (a, c) => a + sign("∘") + c; // entry by entry
    const delta = cells.map(({ z }) => total[z]);
    const slopes = cells.map(({ a }) => partials[a][0]);
    const arrived = cells.map(({ a }) => total[a]);
    const inputs = read(x);
    const products = delta.map((d) => inputs.map((h) => d * h));
    const again = delta.map((d) => inputs.map((h) => rough(d) * rough(h)));
    const equals = signFor(products.flat(), again.flat());
    const hasNodes = x.some((each) => typeof each === "number");
    const isShared = w.some((each) => arrivals[each]?.length > 1); // with other examples
    const into = (s, ...sides) => equation(grad(s), [isShared ? "+=" : "=", sides[0]], ...sides.slice(1));
    const outer = [letter("δ") + primed("h"), column(delta) + matrix([inputs]), [equals, matrix(products)]];
    const weights = one
      ? into("w", times(letter("δ"), letter("h")), inRow(products[0]))
      : into("W", ...outer);
    const rows = cells.map((cell) => read(cell.w));
    const back = w.map((_, k) => dot(rows.map((each) => each[k]), delta));
    const passed = one ? times(letter("δ"), letter("w")) : primed("W") + letter("δ");
    const derivative = row(primed(f), bracketed(letter("z")));
    const roughly = signFor(delta, arrived.map((g, k) => rough(g) * rough(slopes[k])));
    const sides = [product(grad("a"), derivative), product(inRow(arrived), inRow(slopes))];
    return [
      ["delta", equation(letter("δ"), ...(f ? sides : [grad("z")]), [f ? roughly : "=", inRow(delta)])],
      [one ? "all its weights" : "all weights", weights],
      ...(b === null ? [] : [["bias", into("b", letter("δ"), inRow(delta))]]),
      ...(hasNodes ? [["passed on", equation(passed, inRow(back))]] : []),
    ];
  }

  // of what is not a neuron: its frames, one after the other
  function lineOf(t) {
    const { node: i, kind, parent: j, edge } = frames[t];
    if (kind === "forward") return [nodes[i].name, inNumbers(i, shown(i))];
    if (kind === "seed") return [nodes[i].name, equation(gradOf(i), number(told(t, "after")))];
    const [upstream, local] = [told(t, "upstream"), told(t, "local")];
    const passed = result(told(t, "contribution"), parsed(upstream) * parsed(local));
    const sides = [times(gradOf(i), slope(i, edge)), times(number(upstream), factor(local)), passed];
    return [`${nodes[i].name} → ${nodes[j].name}`, equation(...sides)];
  }

  function many({ kind, name, frames: every, cells }) {
    const isForward = kind === "forward";
    const title = isForward ? `Forward pass: ${name} is computed` : `Backward pass: through ${name}`;
    if (cells.length) return { title, lines: isForward ? cellsForward(cells) : cellsBackward(cells) };
    const more = every.length - MOST;
    const rest = more > 0 ? [["", `… and ${more} more: the table has them`]] : [];
    return { title, lines: [...every.slice(0, MOST).map(lineOf), ...rest] };
  }

  return {
    stateOf,
    // upstream × local, as text
    product(t) {
      if (frames[t].kind === "seed") return told(t, "after");
      const [upstream, local] = [told(t, "upstream"), told(t, "local")];
      return `${upstream} × ${local.startsWith("-") ? `(${local})` : local}`;
    },
    // with `hidden`, without the number that the step is about
    of(step, at, hidden = false) {
      const isFrame = history.level === "edges" || step.kind === "start";
      return isFrame ? single[step.kind](step.frames[0], at, hidden) : many(step);
    },
  };
}
