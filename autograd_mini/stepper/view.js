// The view of a stepper: one picture, and for every frame what changes in it.
//
//   root   the element to fill; it holds an <img> with the picture, for where scripts do not run
//   data   what page.py writes: nodes, frames, and the formulas as MathML
//
// Nothing is computed here: the numbers are those of the engine's Step records.

function autogradStepper(root, data) {
  const { nodes, frames, math } = data;
  const last = frames.length - 1;
  const element = (tag, attributes = {}, ...children) => {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    made.append(...children);
    return made;
  };

  // -- what happens when ------------------------------------------------------------------------

  const computedAt = nodes.map(() => 0);
  const arrivals = nodes.map(() => []); // the frames that add to a node's gradient
  const edgeAt = new Map(); // the last frame at which an edge is used
  frames.forEach((frame, at) => {
    if (frame.kind === "forward") computedAt[frame.node] = at;
    if (frame.kind === "seed") arrivals[frame.node].push(at);
    if (frame.kind === "backward") {
      arrivals[frame.parent].push(at);
      edgeAt.set(`edge-${frame.node}-${frame.operand}`, at);
    }
  });
  const until = (times, at) => {
    let count = 0;
    while (count < times.length && times[count] <= at) count++;
    return count;
  };
  const finishedAt = (i) => arrivals[i].at(-1) ?? computedAt[i];

  // -- the parts of the page --------------------------------------------------------------------

  const image = root.querySelector("img");
  const source = new TextDecoder().decode(
    Uint8Array.from(atob(image.src.split(",")[1]), (c) => c.charCodeAt(0))
  );
  const svg = new DOMParser().parseFromString(source, "image/svg+xml").documentElement;
  const graph = element("div", { class: "graph", tabindex: "0", role: "group", "aria-label": "The graph" }, svg);
  const phase = element("p", { class: "phase" });
  const lines = element("dl", { class: "lines" });
  const now = element("div", { class: "now", tabindex: "0", role: "group", "aria-label": "This step" }, phase, lines);
  const spoken = element("div", { class: "unseen", "aria-live": "polite", role: "status" });
  const button = (name, sign, action) => {
    const made = element("button", { type: "button", "aria-label": name, title: name }, sign);
    made.addEventListener("click", action);
    return made;
  };
  const first = button("first step", "|◀", () => show(0));
  const previous = button("previous step", "◀", () => show(at - 1));
  const play = button("play", "▶ Play", () => (timer ? pause() : start()));
  const next = button("next step", "▶", () => show(at + 1));
  const final = button("last step", "▶|", () => show(last));
  const slider = element("input", { type: "range", min: 0, max: last, step: 1, "aria-label": "step" });
  const speed = element("select", { "aria-label": "speed" });
  for (const [name, rate] of [["slow", 0.5], ["normal", 1], ["fast", 3], ["very fast", 10]])
    speed.append(element("option", rate === 1 ? { value: rate, selected: "" } : { value: rate }, name));
  const count = element("span", { class: "count" });
  const present = button("presentation mode", "Present", () => setPresenting(!presenting));
  const smaller = button("smaller picture", "−", () => zoomTo(zoom / 1.25, true));
  const larger = button("larger picture", "+", () => zoomTo(zoom * 1.25, true));
  const controls = element(
    "div", { class: "controls" },
    first, previous, play, next, final, slider, count, speed, smaller, larger, present
  );
  const rows = nodes.map((node, i) => {
    const jump = element("button", { type: "button", title: "go to the step that finished it" }, node.name);
    jump.addEventListener("click", () => show(finishedAt(i)));
    const cells = [0, 1, 2, 3].map(() => element("td"));
    cells[3].className = "sum";
    return { row: element("tr", {}, element("th", { scope: "row" }, jump), ...cells), cells };
  });
  const heads = ["node", "data", "gradient so far", "state", "sum of upstream × local"];
  const table = element(
    "div", { class: "table", tabindex: "0", role: "group", "aria-label": "Gradients" },
    element(
      "table", {},
      element("thead", {}, element("tr", {}, ...heads.map((h) => element("th", { scope: "col" }, h)))),
      element("tbody", {}, ...rows.map(({ row }) => row).reverse())
    )
  );
  const hint = element("div", { class: "hint", hidden: "" });
  for (const child of [...root.children]) if (!/^(STYLE|SCRIPT)$/.test(child.tagName)) child.remove();
  root.append(graph, now, controls, table, spoken, hint);

  const parts = new Map();
  for (const part of svg.querySelectorAll("[data-part]")) parts.set(part.dataset.part, part);
  const box = (i) => {
    const texts = parts.get(`node-${i}`).querySelectorAll("text");
    return { data: texts[texts.length - 3], grad: texts[texts.length - 1] };
  };
  const boxes = nodes.map((_, i) => box(i));

  // -- writing only what changed ----------------------------------------------------------------

  const write = (target, text) => {
    if (target.textContent !== text) target.textContent = text;
  };
  const mark = (part, names) => {
    if (part && part.dataset.state !== names) {
      part.classList.remove(...(part.dataset.state ?? "").split(" ").filter(Boolean));
      part.classList.add(...names.split(" ").filter(Boolean));
      part.dataset.state = names;
    }
  };

  let at = -1;
  let timer = null;
  let zoom = 1;
  let chosen = false; // whether the zoom is the reader's own
  let presenting = false;

  function show(frame) {
    frame = Math.max(0, Math.min(last, frame));
    if (frame === at) return;
    at = frame;
    const current = frames[at];
    const backward = current.kind === "seed" || current.kind === "backward";
    graph.classList.toggle("now-forward", current.kind === "forward");
    nodes.forEach((node, i) => {
      const known = computedAt[i] <= at;
      const arrived = until(arrivals[i], at);
      const complete = arrived > 0 && arrived === arrivals[i].length;
      const gradient = arrived ? frames[arrivals[i][arrived - 1]].after : "–";
      const isCurrent = current.kind !== "start" && (current.node === i || current.parent === i);
      const isTarget = backward && (current.parent ?? current.node) === i;
      write(boxes[i].data, known ? node.data : "?");
      write(boxes[i].grad, gradient);
      mark(
        parts.get(`node-${i}`),
        ["node", known && (!backward || arrived) ? "" : "waiting", complete ? "complete" : "",
         isCurrent ? "current" : "", isTarget ? "target" : ""].join(" ")
      );
      const { row, cells } = rows[i];
      write(cells[0], known ? node.data : "?");
      write(cells[1], gradient);
      cells[1].title = arrived ? frames[arrivals[i][arrived - 1]].exact : "";
      write(cells[2], stateOf(i, arrived));
      write(cells[3], history(i, arrived));
      row.classList.toggle("current", isTarget || (current.kind === "forward" && isCurrent));
      for (const k of node.operands) {
        const name = `edge-${i}-${k}`;
        const used = edgeAt.get(name) ?? Infinity;
        const active =
          (current.kind === "forward" && current.node === i) ||
          (current.kind === "backward" && current.node === i && current.operand === k);
        const state = active ? "current" : used <= at ? "done" : "waiting";
        mark(parts.get(name), `edge ${state}${known ? "" : " unknown"}`);
      }
      mark(
        parts.get(`edge-${i}`),
        `edge ${current.kind !== "start" && current.node === i && current.kind !== "seed" ? "current" : known ? "" : "waiting"}`
      );
      mark(parts.get(`op-${i}`), known ? "" : "waiting");
    });
    describe(current);
    slider.value = at;
    slider.setAttribute("aria-valuetext", `${at} of ${last}: ${spoken.textContent}`);
    write(count, `${at} / ${last}`);
    first.disabled = previous.disabled = at === 0;
    next.disabled = final.disabled = at === last;
    if (at === last && timer) pause();
    follow(current);
    root.dispatchEvent(new CustomEvent("frame", { detail: at }));
  }

  function stateOf(i, arrived) {
    const total = arrivals[i].length;
    if (!arrived) return "· waiting";
    if (arrived < total) return `… ${arrived} of ${total} paths`;
    return nodes[i].right === undefined ? "✓ complete" : `✗ wrong: ${nodes[i].right} is right`;
  }

  const bracketed = (number) => (number.startsWith("-") ? `(${number})` : number);

  function history(i, arrived) {
    return arrivals[i]
      .slice(0, arrived)
      .map((t) => frames[t])
      .map((f) => (f.kind === "seed" ? f.after : `${f.upstream} × ${bracketed(f.local)}`))
      .join(" + ");
  }

  // -- words and formulas -----------------------------------------------------------------------

  const formula = (...parts) => `<math displaystyle="true">${parts.join("")}</math>`;
  const sign = (s) => `<mo>${s}</mo>`;
  const number = (s) => {
    const negative = s.startsWith("-");
    const digits = `<mn>${negative ? s.slice(1) : s}</mn>`;
    return negative ? `<mrow><mo>−</mo>${digits}</mrow>` : digits;
  };
  const factor = (s) => (s.startsWith("-") ? `<mrow><mo>(</mo>${number(s)}<mo>)</mo></mrow>` : number(s));
  const named = (i) => math[nodes[i].math];
  const slope = (i, j) =>
    `<mfrac><mrow><mo>∂</mo>${named(i)}</mrow><mrow><mo>∂</mo>${named(j)}</mrow></mfrac>`;

  function describe(current) {
    const root_ = data.root;
    const { node: i, parent: j } = current;
    now.className = `now ${current.kind}`;
    let title, rowsNow, words;
    if (current.kind === "start") {
      title = "Start";
      rowsNow = [];
      words = `The leaves of the graph have their numbers.`;
      lines.replaceChildren(element("dd", {}, `${words} Press → for the next step, space to play.`));
    } else if (current.kind === "forward") {
      title = `Forward pass: ${nodes[i].name} is computed`;
      rowsNow = [
        ["formula", formula(named(i), sign("="), math[nodes[i].formula])],
        ["in numbers", formula(named(i), sign("="), math[nodes[i].numbers], sign("="), number(nodes[i].data))],
      ];
      words = `${nodes[i].name} is ${nodes[i].data}.`;
    } else if (current.kind === "seed") {
      title = "Backward pass: it starts at the root";
      rowsNow = [["seed", formula(slope(root_, root_), sign("="), number(current.after))]];
      words = `The gradient of ${nodes[i].name} by itself is ${current.after}.`;
    } else {
      title = `Backward pass: from ${nodes[i].name} to ${nodes[j].name}`;
      const rule = current.rule === undefined ? [] : [math[current.rule], sign("=")];
      rowsNow = [
        ["upstream gradient", formula(slope(root_, i), sign("="), number(current.upstream))],
        ["local derivative", formula(slope(i, j), sign("="), ...rule, number(current.local))],
        ["their product", formula(
          slope(root_, i), sign("·"), slope(i, j), sign("="), number(current.upstream), sign("·"),
          factor(current.local), sign("="), number(current.contribution))],
        ["sum so far", formula(
          slope(root_, j), sign("="), number(current.before), sign("+"), factor(current.contribution),
          sign("="), number(current.after))],
      ];
      const state = stateOf(j, until(arrivals[j], at));
      rowsNow[3][1] += ` <span>${state}</span>`; // numbers and words of ours, no markup
      words =
        `From ${nodes[i].name} to ${nodes[j].name}: upstream ${current.upstream} times local ` +
        `${current.local} is ${current.contribution}. Sum so far ${current.after}, ${state}.`;
    }
    write(phase, title);
    if (current.kind !== "start")
      lines.replaceChildren(
        ...rowsNow.flatMap(([name, html]) => {
          const cell = element("dd");
          cell.innerHTML = html;
          return [element("dt", {}, name), cell];
        })
      );
    write(spoken, words);
  }

  // -- moving about -----------------------------------------------------------------------------

  const natural = parseFloat(svg.getAttribute("width")) * (96 / 72);
  svg.removeAttribute("width");
  svg.removeAttribute("height");

  function zoomTo(scale, byReader = false) {
    chosen = byReader;
    zoom = Math.max(0.2, Math.min(6, scale));
    svg.style.width = `${natural * zoom}px`;
    follow(frames[Math.max(at, 0)], true);
  }

  function fit() {
    const across = (graph.clientWidth || 800) / natural;
    // type of 24 px or more when presenting: the smallest is 10 pt
    zoomTo(presenting ? Math.max(1.85, Math.min(across, 4)) : Math.max(0.7, Math.min(across, 1.25)));
  }

  function follow(current, atOnce = false) {
    const seen = graph.getBoundingClientRect();
    if (!seen.width || current.kind === "start") return;
    const places = [parts.get(`node-${current.node}`), parts.get(`node-${current.parent}`)];
    const rects = places.filter(Boolean).map((p) => p.getBoundingClientRect());
    const low = (side) => Math.min(...rects.map((r) => r[side]));
    const high = (side) => Math.max(...rects.map((r) => r[side]));
    // as much of both as there is room for, and of what receives the gradient first
    const shift = (from, to, start, end, main) => {
      if (from >= start && to <= end) return 0;
      const middle = to - from <= end - start ? (from + to) / 2 : main;
      return middle - (start + end) / 2;
    };
    const main = rects.at(-1);
    const x = shift(low("left"), high("right"), seen.left, seen.right, (main.left + main.right) / 2);
    const y = shift(low("top"), high("bottom"), seen.top, seen.bottom, (main.top + main.bottom) / 2);
    const still = atOnce || timer || matchMedia("(prefers-reduced-motion: reduce)").matches;
    if (x || y) graph.scrollBy({ left: x, top: y, behavior: still ? "instant" : "smooth" });
    const { row } = rows[current.parent ?? current.node];
    table.scrollTop = Math.max(0, row.offsetTop - table.clientHeight / 2);
  }

  function start() {
    if (at === last) show(0);
    play.textContent = "❚❚ Pause";
    play.setAttribute("aria-label", "pause");
    const tick = () => {
      timer = setTimeout(() => {
        show(at + 1);
        if (timer) tick();
      }, 1200 / speed.value);
    };
    tick();
  }

  function pause() {
    clearTimeout(timer);
    timer = null;
    play.textContent = "▶ Play";
    play.setAttribute("aria-label", "play");
  }

  function setPresenting(wanted) {
    presenting = wanted;
    root.classList.toggle("presenting", presenting);
    present.textContent = presenting ? "Leave" : "Present";
    if (presenting) root.requestFullscreen?.().catch(() => {});
    else if (document.fullscreenElement === root) document.exitFullscreen();
    fit();
  }

  slider.addEventListener("input", () => show(Number(slider.value)));
  document.addEventListener("fullscreenchange", () => {
    if (presenting && !document.fullscreenElement) setPresenting(false);
    else if (presenting) fit();
  });

  root.setAttribute("tabindex", "0");
  root.addEventListener("keydown", (event) => {
    const keys = {
      ArrowLeft: () => show(at - 1),
      ArrowRight: () => show(at + 1),
      Home: () => show(0),
      End: () => show(last),
      " ": () => (timer ? pause() : start()),
      Escape: presenting ? () => setPresenting(false) : null,
    };
    const typing = event.target === speed || (event.key === " " && event.target.tagName === "BUTTON");
    const action = keys[event.key];
    if (!action || typing || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    action();
  });

  // a node or an edge leads to the step that finished it, an operation to where it was computed
  const target = (event) => {
    const part = event.target.closest("[data-part]");
    if (!part) return null;
    const [, kind, i, k] = /^(\w+)-(\d+)(?:-(\w+))?$/.exec(part.dataset.part);
    return { kind, i: Number(i), k, name: part.dataset.part };
  };
  svg.addEventListener("click", (event) => {
    const hit = target(event);
    if (!hit) return;
    if (hit.kind === "node") show(finishedAt(hit.i));
    else show(edgeAt.get(hit.name) ?? computedAt[hit.i]);
  });
  svg.addEventListener("mousemove", (event) => {
    const hit = target(event);
    hint.hidden = !hit || hit.kind !== "node";
    if (hint.hidden) return;
    const { i } = hit;
    const told = [`${nodes[i].name} = ${computedAt[i] <= at ? nodes[i].exact : "?"}`];
    for (const t of arrivals[i]) {
      const f = frames[t];
      if (t > at) told.push(`step ${t}: to come`);
      else if (f.kind === "seed") told.push(`step ${t}: gradient ${f.after}`);
      else told.push(`step ${t}: + ${f.upstream} × ${bracketed(f.local)} from ${nodes[f.node].name}, so far ${f.after}`);
    }
    write(hint, told.join("\n"));
    hint.style.left = `${Math.min(event.clientX + 14, innerWidth - hint.offsetWidth - 8)}px`;
    hint.style.top = `${Math.min(event.clientY + 14, innerHeight - hint.offsetHeight - 8)}px`;
  });
  svg.addEventListener("mouseleave", () => (hint.hidden = true));

  fit();
  show(0);
  new ResizeObserver(() => chosen || fit()).observe(graph);
  return { show, last, get at() { return at; } };
}
