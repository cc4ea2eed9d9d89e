// The picture in a step: the numbers of its boxes, and what is marked.

function autogradDrawing(svg, data, history) {
  const { write, mark } = autogradParts;
  const { nodes } = data;
  const { frames, uses } = history;
  const parts = new Map(); // the elements of each part; a weight's row may be on several cards
  for (const part of svg.querySelectorAll("[data-part]")) {
    const { part: own, also = "" } = part.dataset; // what it stands for besides, such as a count
    for (const name of [own, ...also.split(" ")]) parts.set(name, [...(parts.get(name) ?? []), part]);
  }
  const of = (name) => parts.get(name) ?? [];
  const ownOf = (name) => of(name).filter((part) => part.dataset.part === name);
  const boxes = nodes.map((_, i) =>
    ownOf(`node-${i}`).flatMap((part) => {
      const [value, gradient] = ["data", "grad"].map((x) => part.querySelector(`[data-number=${x}]`));
      if (!value) return [];
      const room = Math.max(6, value.textContent.length, gradient.dataset.room);
      return [{ part, value, gradient, room, size: Number(value.getAttribute("font-size")) }];
    })
  );
  // the edge from an operation, and those from its operands, where they have an element of their own
  const made = nodes.map((_, i) => ownOf(`edge-${i}`).concat(ownOf(`op-${i}`)));
  const passing = nodes.map(({ operands }, i) =>
    operands
      .map((k) => `edge-${i}-${k}`)
      .map((name) => [uses.get(name) ?? [], ownOf(name).filter((part) => !part.dataset.also)])
  );

  const cardOf = (part) => part.closest("[data-row]")?.parentElement ?? part;

  // what a step is about: the nodes that it computes or adds to, those that it takes from, its edges,
  // and the parts of the picture that show these; what is good to see besides are their cards
  function about({ frames: times }) {
    const [rows, sources, names] = Array.from({ length: 3 }, () => new Set());
    for (const { kind, node, parent, part } of times.map((t) => frames[t])) {
      if (kind === "start") continue;
      rows.add(parent ?? node);
      if (kind === "seed") continue;
      for (const i of part ? [node] : nodes[node].parents) sources.add(i);
      const into = nodes[node].operands.map((k) => `edge-${node}-${k}`);
      for (const name of [...(part ? [part] : into), `edge-${node}`, `op-${node}`]) names.add(name);
    }
    for (const i of [...rows, ...sources]) names.add(`node-${i}`);
    const cards = new Set(times.flatMap((t) => of(`node-${frames[t].node}`)).map(cardOf));
    const near = (parts) => parts.filter((part) => cards.has(cardOf(part))); // of a shared weight
    const each = [...names].map(of).flatMap((all) => (near(all).length ? near(all) : all));
    return { rows, sources, names, now: new Set(each), cards: new Set(each.map(cardOf)) };
  }

  function showNode(i, { known, value, gradient, isWaiting, isComplete }, isDone) {
    for (const box of boxes[i]) {
      for (const [text, number] of [[box.value, value], [box.gradient, gradient]]) {
        write(text, number);
        const share = Math.min(1, box.room / number.length);
        if (share < 1 || text.style.fontSize) text.style.fontSize = `${box.size * share}px`;
      }
      mark(box.part, { waiting: isWaiting, complete: isComplete });
    }
    for (const part of made[i]) mark(part, { waiting: !known });
    for (const [times, shown] of passing[i]) {
      const done = times.some(isDone);
      for (const part of shown) mark(part, { done, waiting: !done, unknown: !known });
    }
  }

  // edges are coloured and dashed by the sign of their weight and wide by its size, as on all cards
  const weighted = [...svg.querySelectorAll("[data-weight]")];
  function drawWeights(value) {
    const [thin, thick, ...colours] = (svg.dataset.lines ?? "").split(" ");
    const numbers = weighted.map(({ dataset: { weight } }) => {
      const [, node] = weight.split("node-");
      return node ? value[node] : autogradNumbers.parsed(weight);
    });
    const largest = Math.max(0, ...numbers.map(Math.abs).filter(Number.isFinite));
    numbers.forEach((x, k) => {
      const share = largest && x === x ? Math.min(Math.abs(x) / largest, 1) : 0;
      const [path, head] = ["path", "polygon"].map((tag) => weighted[k].querySelector(tag));
      for (const shape of [path, head]) {
        shape.setAttribute("stroke", colours[Number(x < 0)]);
        shape.setAttribute("stroke-width", (Number(thin) + (thick - thin) * share).toFixed(2));
      }
      head.setAttribute("fill", colours[Number(x < 0)]);
      path.setAttribute("stroke-dasharray", x < 0 ? "5,2" : "none");
    });
  }

  // the local derivatives, on the edges; nothing if they are not the same for all examples
  function drawSlopes(partials) {
    const texts = new Map();
    nodes.forEach(({ operands }, i) =>
      operands.forEach((k, edge) => {
        for (const part of of(`edge-${i}-${k}`)) {
          const text = part.querySelector("text");
          if (text) texts.set(text, new Set(texts.get(text)).add(autogradNumbers.format(partials[i][edge])));
        }
      })
    );
    for (const [text, slopes] of texts) write(text, slopes.size === 1 ? [...slopes][0] : "");
  }

  let marked = [];
  let lit = new Set();
  // of the parts that an element is: one that the step is about, if there is one
  const nameOf = ({ dataset: { part, also = "" } }) => also.split(" ").find((x) => lit.has(x)) ?? part;

  function markNow({ now, names, rows }) {
    lit = names;
    for (const part of marked) {
      part.removeAttribute("data-now");
      mark(part, { current: false, target: false });
    }
    const targets = [...rows].flatMap((i) => of(`node-${i}`));
    for (const part of now) part.setAttribute("data-now", "");
    for (const part of now) mark(part, { current: true });
    for (const part of targets) mark(part, { target: true });
    marked = [...now, ...targets];
  }

  return { boxes, nameOf, about, showNode, drawWeights, drawSlopes, markNow };
}
