// The view of a stepper: one picture, and for every frame what changes in it.
//
//   root   the element to fill. It has an <img> with the picture, which is seen if scripts do not run
//   data   from page.py: nodes, frames, and the formulas as MathML
//
// Nothing is computed here: the numbers are those of the engine's Step records. Names are always
// written as text; markup comes only from this file and from page.py's formulas.

function autogradStepper(root, data) {
  const { nodes, frames, math } = data;
  const last = frames.length - 1;

  // -- what happens when ------------------------------------------------------------------------

  const computedAt = nodes.map(() => 0);
  const concerns = nodes.map(() => []); // the frames that a node takes part in
  const arrivals = nodes.map(() => []); // the frames that add to its gradient
  const uses = new Map(); // the frames in which a gradient is passed along an edge
  frames.forEach((frame, t) => {
    if (frame.kind !== "start") concerns[frame.node].push(t);
    if (frame.kind === "forward") computedAt[frame.node] = t;
    if (frame.kind === "seed") arrivals[frame.node].push(t);
    if (frame.kind !== "backward") return;
    const edge = `edge-${frame.node}-${frame.operand}`;
    concerns[frame.parent].push(t);
    arrivals[frame.parent].push(t);
    uses.set(edge, [...(uses.get(edge) ?? []), t]);
  });
  const countBy = (times, t) => {
    const later = times.findIndex((time) => time > t);
    return later < 0 ? times.length : later;
  };
  const arrivedBy = (i, t) => countBy(arrivals[i], t);
  const finishedAt = (i) => arrivals[i].at(-1) ?? computedAt[i];

  function stateOf(i, arrived) {
    const total = arrivals[i].length;
    if (!arrived) return "· waiting";
    if (arrived < total) return `… ${arrived} of ${total} terms`;
    return nodes[i].right === undefined ? "✓ complete" : `✗ wrong: ${nodes[i].right} is right`;
  }

  const bracketed = (number) => (number.startsWith("-") ? `(${number})` : number);
  const product = (f) => (f.kind === "seed" ? f.after : `${f.upstream} × ${bracketed(f.local)}`);

  // -- the parts of the page --------------------------------------------------------------------

  const element = (tag, attributes = {}, ...children) => {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    made.append(...children);
    return made;
  };
  const region = (name, ...children) => {
    const label = `${root.getAttribute("aria-label")}: ${name}`;
    return element("section", { class: name, "aria-label": label, tabindex: "0" }, ...children);
  };
  const button = (label, sign, action) => {
    const made = name(element("button", { type: "button" }), label, sign);
    made.addEventListener("click", action);
    return made;
  };
  const name = (made, label, sign) => {
    made.ariaLabel = made.title = label;
    write(made, sign);
    return made;
  };

  const svg = pictureIn(root.querySelector("img"));
  const picture = region("picture", svg);

  const PLAY = "▶\ufe0e Play"; // \ufe0e: as a letter, not as a coloured picture
  const first = button("first step", "⇤", () => go(0));
  const previous = button("previous step", "←", () => go(at - 1));
  const play = button("play", PLAY, () => (timer ? pause() : start()));
  const next = button("next step", "→", () => go(at + 1));
  const final = button("last step", "⇥", () => go(last));
  play.className = "play";
  const slider = element("input", {
    type: "range", min: 0, max: last, value: 0, "aria-label": "step",
  });
  const count = element("span", { class: "count" });
  count.style.minWidth = `${`${last} / ${last}`.length}ch`;
  const speed = element("select", { "aria-label": "speed", title: "speed" });
  for (const [name, rate] of [["slow", 0.5], ["normal", 1], ["fast", 3], ["very fast", 10]])
    speed.append(new Option(name, rate, rate === 1, rate === 1));
  const smaller = button("smaller picture", "−", () => zoomTo(zoom / 1.25));
  const larger = button("larger picture", "+", () => zoomTo(zoom * 1.25));
  const present = button("present", "Present", () => setPresenting(!presenting));
  const controls = element(
    "div", { class: "controls" },
    first, previous, play, next, final, slider, count, speed, smaller, larger, present
  );

  const phase = element("p", { class: "phase" });
  const lines = element("dl", { class: "lines" });
  const now = region("now", phase, lines);
  const spoken = element("div", { class: "unseen", role: "status" });
  const hint = element("div", { class: "hint", popover: "manual", hidden: "" });

  const rows = nodes.map((node, i) => {
    const title = `${node.name}: go to the step that finished it`;
    const jump = element("button", { type: "button", title }, node.name);
    jump.addEventListener("click", () => go(finishedAt(i)));
    const [value, gradient, state, sum] = [0, 1, 2, 3].map(() => element("td"));
    sum.className = "sum";
    const head = element("th", { scope: "row" }, jump);
    const row = element("tr", {}, head, value, gradient, state, sum);
    return { row, value, gradient, state, sum };
  });
  const heads = ["node", "data", "gradient", "state", "sum of upstream × local"];
  const thead = element(
    "thead", {}, element("tr", {}, ...heads.map((name) => element("th", { scope: "col" }, name)))
  );
  // fixed widths: otherwise the browser would measure all cells again in every frame
  const longest = Math.max(...nodes.map(({ name }) => name.length));
  root.classList.toggle("long-names", longest > 12);
  const states = nodes.some((node) => node.right !== undefined) ? 15 : 9.5;
  const widths = [within(4, 20, 0.62 * longest + 2), 6.2, 6.2, states].map((em) => `${em}em`);
  const columns = [...widths, "auto"].map((w) => element("col", { style: `width: ${w}` }));
  const tbody = element("tbody", {}, ...rows.map(({ row }) => row).reverse()); // the root first
  const table = region("table", element("table", {}, ...columns, thead, tbody));

  for (const child of root.querySelectorAll(":scope > :not(style, script)")) child.remove();
  root.append(picture, controls, now, table, spoken, hint);

  const parts = new Map();
  for (const part of svg.querySelectorAll("[data-part]")) parts.set(part.dataset.part, part);
  const boxes = nodes.map((_, i) => {
    const texts = [...parts.get(`node-${i}`).querySelectorAll("text")];
    return { value: texts.at(-3), gradient: texts.at(-1) };
  });

  // -- a frame ----------------------------------------------------------------------------------

  let at = -1;
  let timer = null;
  let zoom = 1;
  let zoomIsOurs = true; // until the reader changes it
  let presenting = false;
  let hovered = null; // the part of the picture whose history the hint shows

  function go(frame) {
    pause();
    show(frame);
  }

  function show(frame) {
    frame = Math.max(0, Math.min(last, frame));
    if (frame === at) return;
    at = frame;
    const current = frames[at];
    nodes.forEach((_, i) => showNode(i, current));
    if (hovered) write(hint, historyOf(hovered));
    picture.classList.toggle("now-forward", current.kind === "forward");
    describe(current);
    slider.value = at;
    slider.setAttribute("aria-valuetext", `${at} of ${last}`);
    write(count, `${at} / ${last}`);
    // not disabled, which would take the focus, and the keys with it
    for (const back of [first, previous]) back.setAttribute("aria-disabled", at === 0);
    for (const forth of [next, final]) forth.setAttribute("aria-disabled", at === last);
    follow(current);
    root.dispatchEvent(new CustomEvent("frame", { detail: at }));
  }

  const drawn = nodes.map(() => ""); // what a node's look depends on, when it was last drawn

  function showNode(i, current) {
    const backward = current.kind === "seed" || current.kind === "backward";
    const past = countBy(concerns[i], at);
    const look = `${past} ${concerns[i][past - 1] === at} ${backward}`;
    if (look === drawn[i]) return;
    drawn[i] = look;

    const node = nodes[i];
    const known = computedAt[i] <= at;
    const value = known ? node.data : "?";
    const arrived = arrivedBy(i, at);
    const sofar = arrived ? frames[arrivals[i][arrived - 1]] : { after: "–", exact: "" };
    const computing = current.kind === "forward" && current.node === i;
    const passing = current.kind === "backward" && current.node === i;
    const receiving = backward && (current.parent ?? current.node) === i;

    write(boxes[i].value, value);
    write(boxes[i].gradient, sofar.after);
    mark(parts.get(`node-${i}`), {
      waiting: !known || (backward && !arrived),
      complete: arrived > 0 && arrived === arrivals[i].length,
      current: computing || passing || receiving,
      target: computing || receiving,
    });
    mark(parts.get(`op-${i}`), { waiting: !known });
    mark(parts.get(`edge-${i}`), { waiting: !known, current: computing || passing });
    for (const k of node.operands) {
      const name = `edge-${i}-${k}`;
      const active = computing || (passing && current.operand === k);
      const done = !active && uses.get(name)?.at(-1) <= at;
      mark(parts.get(name), { current: active, done, waiting: !active && !done, unknown: !known });
    }

    const { row, ...cells } = rows[i];
    mark(row, { current: computing || receiving });
    write(cells.value, value);
    write(cells.gradient, sofar.after);
    cells.gradient.title = sofar.exact;
    write(cells.state, stateOf(i, arrived));
    write(cells.sum, arrivals[i].slice(0, arrived).map((t) => product(frames[t])).join(" + "));
  }

  function write(place, text) {
    if (place.textContent !== text) place.textContent = text;
  }

  function mark(part, states) {
    for (const [name, on] of Object.entries(states)) part?.classList.toggle(name, on);
  }

  // -- words and formulas -----------------------------------------------------------------------

  const sign = (s) => `<mo>${s}</mo>`;
  const row = (...parts) => `<mrow>${parts.join("")}</mrow>`;
  const number = (s) =>
    s.startsWith("-") ? row(sign("−"), `<mn>${s.slice(1)}</mn>`) : `<mn>${s}</mn>`;
  const factor = (s) => (s.startsWith("-") ? row(sign("("), number(s), sign(")")) : number(s));
  const named = (i) => math[nodes[i].math];
  const slope = (i, j) => `<mfrac>${row(sign("∂"), named(i))}${row(sign("∂"), named(j))}</mfrac>`;
  const equation = (...sides) => `<math displaystyle="true">${sides.join(sign("="))}</math>`;
  const times = (a, b) => a + sign("·") + b;

  // for each kind of frame: a title, lines of [name, formula, remark], and the text for screen readers
  const accounts = {
    start: () => ({ title: "Start: the leaves have their numbers", lines: [] }),

    forward: ({ node: i }) => ({
      title: `Forward pass: ${nodes[i].name} is computed`,
      lines: [
        ["formula", equation(named(i), math[nodes[i].formula])],
        ["in numbers", equation(named(i), math[nodes[i].numbers], number(nodes[i].data))],
      ],
      words: `Forward pass: ${nodes[i].name} is ${nodes[i].data}.`,
    }),

    seed: ({ node: i, after }) => ({
      title: `Backward pass: it starts at ${nodes[i].name}`,
      lines: [["seed", equation(slope(i, i), number(after))]],
      words: `Backward pass: the gradient of ${nodes[i].name} by itself is ${after}.`,
    }),

    backward: ({ node: i, parent: j, upstream, local, contribution, before, after, rule }) => {
      const [outer, inner, sum] = [slope(data.root, i), slope(i, j), slope(data.root, j)];
      const derivative = rule === undefined ? [] : [math[rule]];
      const state = stateOf(j, arrivedBy(j, at));
      const [passed, total] = [arrivedBy(i, at), arrivals[i].length];
      const early = passed < total ? `✗ too early: ${passed} of ${total} terms` : "";
      const multiplied = times(number(upstream), factor(local));
      const added = number(before) + sign("+") + factor(contribution);
      return {
        title: `Backward pass: from ${nodes[i].name} to ${nodes[j].name}`,
        lines: [
          ["upstream gradient", equation(outer, number(upstream)), early],
          ["local derivative", equation(inner, ...derivative, number(local))],
          ["their product", equation(times(outer, inner), multiplied, number(contribution))],
          ["sum so far", equation(sum, added, number(after)), state],
        ],
        words:
          `From ${nodes[i].name} to ${nodes[j].name}: upstream ${upstream} times local ${local} ` +
          `is ${contribution}. Sum so far ${after}, ${state}. ${early}`,
      };
    },
  };

  function describe(current) {
    const account = accounts[current.kind](current);
    now.className = `now ${current.kind}`;
    write(phase, account.title);
    lines.replaceChildren(
      ...account.lines.map(([name, formula, remark]) => {
        const shown = element("dd");
        shown.innerHTML = formula;
        if (remark) shown.append(element("span", { class: "remark" }, remark));
        return element("div", {}, element("dt", {}, name), shown);
      })
    );
    spoken.setAttribute("aria-live", timer ? "off" : "polite"); // too fast to be read aloud
    write(spoken, account.words ?? `${account.title}.`);
  }

  // -- the picture's size and place -------------------------------------------------------------

  const [width, height] = ["width", "height"].map((side) => {
    const points = parseFloat(svg.getAttribute(side));
    svg.removeAttribute(side);
    return points * (96 / 72);
  });

  function zoomTo(scale) {
    zoomIsOurs = false;
    resize(scale);
  }

  function fit() {
    const across = (picture.clientWidth || 800) / width;
    const whole = Math.min(across, picture.clientHeight / height);
    // the smallest type has 10 points; when presenting, it has at least 24 pixels
    resize(presenting ? within(1.85, 3, 0.99 * whole) : within(0.7, 1.25, across));
  }

  function resize(scale) {
    zoom = within(0.15, 6, scale);
    svg.style.width = `${width * zoom}px`;
    follow(frames[Math.max(at, 0)], true);
  }

  // scroll as little as necessary to show the nodes of the frame
  function follow(current, atOnce = false) {
    const seen = picture.getBoundingClientRect();
    if (!seen.width) return;
    const { node, parent } = current.kind === "start" ? frames[Math.min(1, last)] : current;
    const places = [node, parent].map((i) => parts.get(`node-${i}`)).filter(Boolean);
    const rects = places.map((part) => part.getBoundingClientRect());
    const shift = (start, end) => {
      const from = Math.min(...rects.map((rect) => rect[start]));
      const to = Math.max(...rects.map((rect) => rect[end]));
      if (from >= seen[start] && to <= seen[end]) return 0;
      const receiver = rects.at(-1); // shown if there is no room for both
      const apart = to - from > seen[end] - seen[start];
      const middle = apart ? (receiver[start] + receiver[end]) / 2 : (from + to) / 2;
      return middle - (seen[start] + seen[end]) / 2;
    };
    const [left, top] = [shift("left", "right"), shift("top", "bottom")];
    const still = atOnce || timer || matchMedia("(prefers-reduced-motion: reduce)").matches;
    if (left || top) picture.scrollBy({ left, top, behavior: still ? "instant" : "smooth" });

    const { offsetTop, offsetHeight } = rows[current.parent ?? current.node].row;
    const room = table.clientHeight - thead.offsetHeight;
    const hidden = offsetTop - thead.offsetHeight - table.scrollTop; // negative: above the table
    if (hidden < 0 || hidden > room - offsetHeight) table.scrollTop += hidden - room / 2;
  }

  // -- playing and presenting -------------------------------------------------------------------

  function start() {
    if (at === last) show(0);
    name(play, "pause", "❚❚ Pause");
    const tick = () => {
      show(at + 1);
      if (at === last) pause();
      else timer = setTimeout(tick, 1200 / speed.value);
    };
    timer = setTimeout(tick, 1200 / speed.value);
  }

  function pause() {
    clearTimeout(timer);
    timer = null;
    name(play, "play", PLAY);
  }

  function setPresenting(wanted) {
    presenting = wanted;
    root.classList.toggle("presenting", presenting);
    name(present, presenting ? "leave" : "present", presenting ? "Leave" : "Present");
    if (presenting) root.requestFullscreen?.().catch(() => {}); // if refused, it fills the page
    else if (document.fullscreenElement === root) document.exitFullscreen();
    zoomIsOurs = true;
    fit();
  }

  const leave = () => presenting && !document.fullscreenElement && setPresenting(false);
  document.addEventListener("fullscreenchange", leave);

  // -- keys, clicks and the pointer -------------------------------------------------------------

  slider.addEventListener("input", () => go(Number(slider.value)));

  root.tabIndex = -1; // so that it gets the keys after a click
  root.addEventListener("keydown", (event) => {
    const keys = {
      ArrowLeft: () => go(at - 1),
      ArrowRight: () => go(at + 1),
      Home: () => go(0),
      End: () => go(last),
      " ": () => (timer ? pause() : start()),
      Escape: !hint.hidden ? hideHint : presenting ? () => setPresenting(false) : null,
    };
    const action = keys[event.key];
    const pressing = event.key === " " && event.target.tagName === "BUTTON";
    const taken = event.target === speed || pressing;
    if (!action || taken || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation(); // a notebook has other actions for these keys
    action();
  });

  const partAt = (event) => {
    const part = event.target.closest("[data-part]");
    if (!part) return null;
    const [kind, i] = part.dataset.part.split("-");
    return { name: part.dataset.part, kind, i: Number(i) };
  };

  // a click shows the step that finished a node or an edge, or the frame that computed an operation
  svg.addEventListener("click", (event) => {
    const hit = partAt(event);
    if (hit?.kind === "node") go(finishedAt(hit.i));
    else if (hit) go(uses.get(hit.name)?.at(-1) ?? computedAt[hit.i]);
    showHint(event); // for touch screens
  });
  svg.addEventListener("pointermove", showHint);
  svg.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && hideHint());
  for (const kind of ["pointerdown", "wheel"])
    root.addEventListener(kind, hideHint, { passive: true });

  function showHint(event) {
    hovered = partAt(event);
    if (!hovered) return hideHint();
    hint.hidden = false;
    hint.showPopover?.();
    write(hint, historyOf(hovered));
    const { clientX: x, clientY: y } = event;
    const below = y + 14 + hint.offsetHeight < innerHeight;
    hint.style.left = `${within(8, innerWidth - hint.offsetWidth - 8, x + 14)}px`;
    hint.style.top = `${below ? y + 14 : Math.max(8, y - 14 - hint.offsetHeight)}px`;
  }

  function hideHint() {
    hovered = null;
    if (!hint.hidden) hint.hidePopover?.();
    hint.hidden = true;
  }

  function historyOf({ name, kind, i }) {
    const given = kind === "node" ? arrivals[i] : (uses.get(name) ?? []);
    const steps = given.map((t) => {
      const frame = frames[t];
      if (t > at) return `step ${t}: to come`;
      if (frame.kind === "seed") return `step ${t}: gradient ${frame.after}`;
      const passed = `step ${t}: ${product(frame)} = ${frame.contribution}`;
      if (kind === "edge") return `${passed}, to ${nodes[frame.parent].name}`;
      return `${passed}, from ${nodes[frame.node].name}; so far ${frame.exact}`;
    });
    const value = computedAt[i] <= at ? nodes[i].exact : "?";
    return [`${nodes[i].name} = ${value}`, ...steps].join("\n");
  }

  fit();
  show(0);
  const resized = new ResizeObserver(() => requestAnimationFrame(() => zoomIsOurs && fit()));
  resized.observe(picture);

  function dispose() {
    pause();
    resized.disconnect();
    document.removeEventListener("fullscreenchange", leave);
  }

  return { show, pause, dispose, last, get at() { return at; } };

  function within(low, high, x) {
    return Math.max(low, Math.min(high, x));
  }

  // the SVG of an <img>, as elements of the page
  function pictureIn(image) {
    const bytes = Uint8Array.from(atob(image.src.split(",")[1]), (c) => c.charCodeAt(0));
    const source = new TextDecoder().decode(bytes);
    return new DOMParser().parseFromString(source, "image/svg+xml").documentElement;
  }
}
