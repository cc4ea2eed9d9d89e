// The picture in a step: the numbers of its boxes, and what is marked.

function autogradDrawing(svg, data, history) {
  const { write, mark } = autogradParts;
  const { nodes } = data;
  const { frames, uses } = history;
  const parts = new Map();
  for (const part of svg.querySelectorAll("[data-part]")) parts.set(part.dataset.part, part);
  const boxes = nodes.map((_, i) => {
    const [value, gradient] = ["data", "grad"].map((which) =>
      parts.get(`node-${i}`).querySelector(`[data-number=${which}]`)
    );
    return { value, gradient, size: Number(value.getAttribute("font-size")) };
  });
  const rooms = boxes.map(({ value, gradient }) =>
    Math.max(6, value.textContent.length, gradient.dataset.room)
  );

  // the edge into a box; in a picture of cards those of its operands
  const into = (i) =>
    parts.has(`edge-${i}`) ? [`edge-${i}`] : nodes[i].operands.map((k) => `edge-${i}-${k}`);

  // what a step is about: the nodes that it computes or adds to, those it takes from, the parts of
  // the picture that are marked, and those that are good to see besides
  function about({ frames: times, cells = [] }) {
    const [rows, sources, now, wanted] = [new Set(), new Set(), new Set(), new Set()];
    const inputs = new Set(cells.flatMap(({ x }) => x)); // of a layer: far away from it
    for (const { kind, node, parent, part } of times.map((t) => frames[t])) {
      if (kind === "start") continue;
      rows.add(parent ?? node);
      now.add(`node-${node}`);
      const own = part ? [part] : into(node);
      const place = inputs.has(parent) ? wanted : now;
      for (const each of [...own, `node-${parent ?? node}`]) place.add(each);
      if (kind === "backward") sources.add(node);
      if (kind === "forward") for (const j of nodes[node].parents) wanted.add(`node-${j}`);
      wanted.add(`op-${node}`);
    }
    return { rows, sources, now, wanted };
  }

  function showNode(i, node, { now, wanted }, isDone) {
    const { known, isTarget, isSource, isComputed } = node;
    for (const which of ["value", "gradient"]) {
      const [text, number, room] = [boxes[i][which], node[which], rooms[i]];
      write(text, number);
      text.style.fontSize = number.length > room ? `${(boxes[i].size * room) / number.length}px` : "";
    }
    mark(parts.get(`node-${i}`), {
      waiting: node.isWaiting,
      complete: node.isComplete,
      current: isTarget || isSource,
      target: isTarget,
    });
    mark(parts.get(`op-${i}`), { waiting: !known });
    mark(parts.get(`edge-${i}`), { waiting: !known, current: isComputed || isSource });
    for (const k of nodes[i].operands) {
      const part = `edge-${i}-${k}`;
      const active = isComputed || now.has(part) || wanted.has(part);
      const done = !active && (uses.get(part) ?? []).some(isDone);
      mark(parts.get(part), { current: active, done, waiting: !active && !done, unknown: !known });
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

  function markNow({ now }) {
    for (const part of svg.querySelectorAll("[data-now]")) part.removeAttribute("data-now");
    for (const part of now) parts.get(part)?.setAttribute("data-now", "");
  }

  return { parts, about, showNode, drawWeights, markNow };
}
