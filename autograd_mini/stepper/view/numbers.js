// The numbers of all frames: the engine's, until a leaf is set; then what the rules of the table,
// which Python wrote as JavaScript, make of the leaves. The sums are those of the engine's Steps.

function autogradNumbers(data, history, rules) {
  const { nodes } = data;
  const { frames } = history;
  const value = nodes.map((node) => autogradNumbers.parsed(node.data));
  const partials = nodes.map((node) => node.partials.map(autogradNumbers.parsed));
  const before = [...value];
  const leaves = new Map(nodes.flatMap(({ name, parents }, i) => (parents.length ? [] : [[name, i]])));
  const records = [];
  const total = [];
  let changed = false;

  // the chain rule, frame by frame; and in the right order, which is that of the nodes
  function passBack() {
    const gradient = nodes.map(() => 0);
    frames.forEach(({ kind, node, edge, parent = node }, t) => {
      if (kind !== "seed" && kind !== "backward") return;
      const [upstream, local] = kind === "seed" ? [1, 1] : [gradient[node], partials[node][edge]];
      const [sum, contribution] = [gradient[parent], upstream * local];
      gradient[parent] = sum + contribution;
      records[t] = { upstream, local, contribution, before: sum, after: gradient[parent] };
    });
    total.splice(0, Infinity, ...nodes.map((_, i) => (i === data.root ? 1 : 0)));
    for (let i = nodes.length - 1; i >= 0; i--)
      nodes[i].parents.forEach((j, k) => (total[j] += total[i] * partials[i][k]));
  }

  function set(name, number) {
    if (data.opaque) throw new Error(data.opaque);
    const i = leaves.get(name);
    if (i === undefined) throw new RangeError(`there is no leaf "${name}"`);
    if (!Number.isFinite(number)) throw new RangeError(`"${name}" needs a number, got ${number}`);
    value[i] = number;
    compute();
  }

  function operandsOf({ operands, parents, constants }, numberOf) {
    const x = [];
    operands.forEach((k, edge) => (x[k] = numberOf(parents[edge])));
    constants.forEach(([k, number]) => (x[k] = autogradNumbers.parsed(number)));
    return x;
  }

  function compute() {
    nodes.forEach((node, i) => {
      if (node.rule === undefined) return;
      const x = operandsOf(node, (j) => value[j]);
      const [f, slopes] = rules[node.rule];
      value[i] = f(x);
      const found = slopes(x, value[i]);
      partials[i] = node.operands.map((k) => found[k]);
    });
    changed = value.some((x, i) => !nodes[i].parents.length && !Object.is(x, before[i]));
    passBack();
  }

  function reset() {
    leaves.forEach((i) => (value[i] = before[i]));
    compute();
  }

  // a number of a frame as text; as Python wrote it, if that is exact
  const told = (t, which) =>
    (changed ? undefined : frames[t][which]) ?? autogradNumbers.format(records[t][which]);

  // of the frames that have been shown, in whichever order
  function sumOf(times) {
    const every = history.arrivals[frames[times[0]].parent ?? frames[times[0]].node];
    if (times.at(-1) === every[times.length - 1]) return told(times.at(-1), "after");
    return autogradNumbers.format(times.reduce((sum, t) => sum + records[t].contribution, 0));
  }

  // what a node's operation makes of its operands as they are shown
  function again(i) {
    if (nodes[i].rule === undefined) return value[i];
    return rules[nodes[i].rule][0](operandsOf(nodes[i], (j) => autogradNumbers.parsed(shown(j))));
  }

  const shown = (i) => (changed ? undefined : nodes[i].shown) ?? autogradNumbers.format(value[i]);

  passBack();
  return {
    value, partials, total, records, leaves, set, reset, told, sumOf, shown, again,
    exactly: (t) => (changed ? undefined : frames[t].exact) ?? String(records[t].after),
    get changed() { return changed; },
    right: (i) => (changed ? undefined : nodes[i].right) ?? autogradNumbers.format(total[i]),
    all: () => Object.fromEntries(nodes.map(({ name }, i) => [name, [value[i], total[i]]])),
  };
}

// "0.5", "1/3", "inf"
autogradNumbers.parsed = (text) => {
  const [above, below = "1"] = text.replace("inf", "Infinity").split("/");
  return Number(above) / Number(below);
};

// about four digits, as text.format_number() writes them: a tie goes to the even digit
autogradNumbers.format = (x) => {
  if (!Number.isFinite(x)) return `${x}`.replace("Infinity", "inf").replace("NaN", "nan");
  if (Object.is(x, -0)) return "-0";
  const isLong = Math.abs(x) >= 9999.5 && Math.abs(x) < 999999.5; // has no exponent
  const digits = isLong ? 1 + Math.floor(Math.log10(Math.abs(x))) : 4;
  const [more, power] = x.toExponential(digits).split("e"); // one digit more
  const isTie = more.endsWith("5") && more.at(-2) % 2 === 0 && Number(`${more}e${power}`) === x;
  const [mantissa, e] = isTie ? [more.slice(0, -1), power] : x.toExponential(digits - 1).split("e");
  if (isLong || (e >= -4 && e < digits)) return `${Number(`${mantissa}e${e}`)}`;
  return `${Number(mantissa)}e${e < 0 ? "-" : "+"}${String(Math.abs(e)).padStart(2, "0")}`;
};
