// What happens when: the frames of each node and of each edge, and the steps of each level.
//
// A frame is one application of the chain rule, or one operation. A step is what is shown at once: a
// frame at the level "edges", else all frames of a neuron or of a layer.

function autogradHistory(data) {
  const { nodes } = data;
  const frames = data.frames.map((frame) =>
    frame.kind === "backward"
      ? {
          ...frame,
          parent: nodes[frame.node].parents[frame.edge],
          part: `edge-${frame.node}-${nodes[frame.node].operands[frame.edge]}`,
        }
      : frame
  );
  const arrivals = nodes.map(() => []); // the frames that add to the gradient of a node
  const computedIn = nodes.map(() => 0);
  const uses = new Map(); // the frames in which a gradient is passed along an edge
  frames.forEach((frame, t) => {
    if (frame.kind === "forward") computedIn[frame.node] = t;
    if (frame.kind === "seed") arrivals[frame.node].push(t);
    if (frame.kind !== "backward") return;
    arrivals[frame.parent].push(t);
    uses.set(frame.part, [...(uses.get(frame.part) ?? []), t]);
  });

  const edges = frames.map(({ kind }, t) => ({ kind, frames: [t] }));
  const levels = { edges, ...data.levels };
  for (const [level, steps] of Object.entries(data.levels)) levels[level] = [edges[0], ...steps];
  let level = "edges";
  let stepOf = edges.map((_, t) => t); // for each frame, in the level that is shown

  return {
    frames,
    arrivals,
    computedIn,
    uses,
    names: Object.keys(levels),
    get level() { return level; },
    get steps() { return levels[level]; },
    set level(wanted) {
      if (!levels[wanted]) {
        const known = Object.keys(levels).join(", ");
        throw new RangeError(`there is no level "${wanted}", only: ${known}; give Python model=`);
      }
      level = wanted;
      levels[level].forEach((step, s) => step.frames.forEach((t) => (stepOf[t] = s)));
    },
    stepOf: (t) => stepOf[t],
    // how many of these frames have been shown
    past: (times, at) => times.reduce((n, t) => n + (stepOf[t] <= at), 0),
    finishedIn: (i) => arrivals[i].at(-1) ?? computedIn[i],
  };
}
