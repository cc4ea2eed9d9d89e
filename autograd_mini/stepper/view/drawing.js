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

  // what a step is about: the nodes that it computes or adds to, those it takes from, the parts of
  // the picture that are marked, those that are good to see besides, and those that are highlighted
  function about({ frames: times, cells = [] }) {
    const [rows, sources, now, wanted, current] = Array.from({ length: 5 }, () => new Set());
    const inputs = new Set(cells.flatMap(({ x }) => x)); // of a layer: far away from it
    for (const { kind, node, parent, part } of times.map((t) => frames[t])) {
      if (kind === "start") continue;
      const into = nodes[node].operands.map((k) => `edge-${node}-${k}`);
      // in a picture of cards no edge leads from an operation to its node
      const own = part ? [part] : parts.has(`edge-${node}`) ? [`edge-${node}`] : into;
      const place = inputs.has(parent) ? wanted : now;
      rows.add(parent ?? node);
      now.add(`node-${node}`);
      for (const each of [...own, `node-${parent ?? node}`]) place.add(each);
      if (kind === "backward") sources.add(node);
      if (kind === "forward") for (const j of nodes[node].parents) wanted.add(`node-${j}`);
      if (kind === "forward") for (const each of into) current.add(each);
      wanted.add(`op-${node}`);
      for (const each of [...own, `edge-${node}`]) if (kind !== "seed") current.add(each);
    }
    for (const i of [...rows, ...sources]) current.add(`node-${i}`);
    return { rows, sources, now, wanted, current };
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

  function markNow({ now, current, rows }) {
    lit = now;
    for (const part of marked) {
      part.removeAttribute("data-now");
      mark(part, { current: false, target: false });
    }
    const each = (names) => [...names].flatMap(of);
    for (const part of each(now)) part.setAttribute("data-now", "");
    for (const part of each(current)) mark(part, { current: true });
    for (const part of each([...rows].map((i) => `node-${i}`))) mark(part, { target: true });
    marked = [...each(now), ...each(current)];
  }

  return { boxes, of, nameOf, about, showNode, drawWeights, drawSlopes, markNow };
}
