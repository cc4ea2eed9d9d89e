// The picture in a step: the numbers of its boxes, and what is marked.

function autogradDrawing(svg, data, history) {
  const { write, mark } = autogradParts;
  const { nodes } = data;
  const { frames, uses } = history;
  const parts = new Map([...svg.querySelectorAll("[data-part]")].map((part) => [part.dataset.part, part]));
  const boxes = nodes.map((_, i) => {
    const texts = [...parts.get(`node-${i}`).querySelectorAll("text")];
    return { value: texts.at(-3), gradient: texts.at(-1) };
  });
  const rooms = boxes.map((texts) => Math.max(6, ...Object.values(texts).map((t) => t.textContent.length)));

  // what a step is about: the nodes that it computes or adds to, those it takes from, the parts of
  // the picture that are marked, and those that are good to see besides
  function about({ frames: times, cells = [] }) {
    const [rows, sources, now, wanted] = [new Set(), new Set(), new Set(), new Set()];
    const inputs = new Set(cells.flatMap(({ x }) => x)); // of a layer: far away from it
    for (const { kind, node, parent, part } of times.map((t) => frames[t])) {
      if (kind === "start") continue;
      rows.add(parent ?? node);
      now.add(`node-${node}`);
      (inputs.has(parent) ? wanted : now).add(part ?? `edge-${node}`).add(`node-${parent ?? node}`);
      if (kind === "backward") sources.add(node);
      if (kind === "forward") for (const j of nodes[node].parents) wanted.add(`node-${j}`);
      wanted.add(`op-${node}`);
    }
    return { rows, sources, now, wanted };
  }

  function showNode(i, { value, gradient, known, isWaiting, isComplete, isTarget, isSource, isComputed }, { now, wanted }, isDone) {
    for (const [text, number] of [[boxes[i].value, value], [boxes[i].gradient, gradient]]) {
      write(text, number);
      text.style.fontSize = number.length > rooms[i] ? `${(14 * rooms[i]) / number.length}px` : "";
    }
    const states = { waiting: isWaiting, complete: isComplete, current: isTarget || isSource, target: isTarget };
    mark(parts.get(`node-${i}`), states);
    mark(parts.get(`op-${i}`), { waiting: !known });
    mark(parts.get(`edge-${i}`), { waiting: !known, current: isComputed || isSource });
    for (const k of nodes[i].operands) {
      const part = `edge-${i}-${k}`;
      const active = isComputed || now.has(part) || wanted.has(part);
      const done = !active && (uses.get(part) ?? []).some(isDone);
      mark(parts.get(part), { current: active, done, waiting: !active && !done, unknown: !known });
    }
  }

  function markNow({ now }) {
    for (const part of svg.querySelectorAll("[data-now]")) part.removeAttribute("data-now");
    for (const part of now) parts.get(part)?.setAttribute("data-now", "");
  }

  return { parts, about, showNode, markNow };
}
