// The view of a stepper: one picture, and for every step what changes in it.
//
//   root   the element to fill. It has an <img> with the picture, which is seen if scripts do not run
//   data   from page.py: nodes, frames, levels, and the formulas as MathML
//   rules  the operations of the graph in JavaScript
//
// The other files know nothing of each other but what is handed to them here.

function autogradStepper(root, data, rules) {
  const { element, region, write, name, button, mark } = autogradParts;
  const { nodes } = data;
  const history = autogradHistory(data);
  const { frames, arrivals, computedIn, uses } = history;
  const numbers = autogradNumbers(data, history, rules);
  const words = autogradWords(data, history, numbers);
  const isPage = root.dataset.page !== undefined; // it has the page to itself
  const stillness = matchMedia("(prefers-reduced-motion: reduce)");

  // -- the parts of the page --------------------------------------------------------------------

  const image = root.querySelector("img");
  const svg = autogradParts.picture(image, data.picture);
  const picture = region(root, "picture", svg);
  picture.dataset.view = "";

  const PLAY = "▶\ufe0e Play"; // \ufe0e: as a letter, not as a coloured picture
  const first = button("first step", "⇤", () => go(0));
  const previous = button("previous step", "←", () => go(at - 1));
  const play = button("play", PLAY, () => (timer ? pause() : start()));
  const next = button("next step", "→", () => go(at + 1));
  const final = button("last step", "⇥", () => go(last()));
  play.className = "ags-play";
  const slider = element("input", { type: "range", min: 0, value: 0, "aria-label": "step" });
  const count = element("span", { class: "count" });
  const choice = (label, options, action) => {
    const made = element("select", { "aria-label": label, title: label });
    for (const [text, value, chosen] of options) made.append(new Option(text, value, chosen, chosen));
    made.addEventListener("change", () => action(made.value));
    return made;
  };
  const rates = [["slow", 0.5], ["normal", 1, true], ["fast", 3], ["very fast", 10]];
  const speed = choice("speed", rates, () => {});
  const height = choice("level", history.names.map((level) => [`by ${level.replace(/s$/, "")}`, level]), setLevel);
  height.hidden = history.names.length === 1;
  const smaller = button("smaller picture", "−", () => camera.zoomBy(1 / 1.25));
  const larger = button("larger picture", "+", () => camera.zoomBy(1.25));
  const present = button("present", "Present", () => setPresenting(!presenting));
  const ask = button("quiz", "Quiz", () => setQuiz(!quiz.on));
  const controls = element(
    "div", { class: "controls" },
    first, previous, play, next, final, slider, count, height, speed, smaller, larger, ask, present
  );

  const phase = element("p", { class: "phase" });
  const lines = element("dl", { class: "lines" });
  const quiz = autogradQuiz(history, numbers, () => draw());
  const now = region(root, "now", phase, quiz.form, lines);
  now.tabIndex = 0;
  const spoken = element("div", { class: "unseen", role: "status" });
  const hint = element("div", { class: "hint", popover: "manual", hidden: "" });
  const help = element("p", { class: "help" });
  const table = autogradTable(root, data, history, numbers, words, (i) => goToFrame(history.finishedIn(i)));
  const printed = element("div", { class: "printed" });

  for (const child of root.querySelectorAll(":scope > :not(style, script, .ags-title)")) child.remove();
  root.append(picture, controls, now, table.table, help, spoken, hint, printed);

  const parts = new Map();
  for (const part of svg.querySelectorAll("[data-part]")) parts.set(part.dataset.part, part);
  const camera = autogradCamera(picture, svg, () => isPage || root.matches(":focus-within"));
  const extents = new Map([...parts].map(([part, shapes]) => [part, camera.extent(shapes)]));
  const boxes = nodes.map((_, i) => {
    const texts = [...parts.get(`node-${i}`).querySelectorAll("text")];
    const [value, gradient] = [texts.at(-3), texts.at(-1)];
    return { value, gradient, room: Math.max(value.textContent.length, gradient.textContent.length, 6) };
  });
  const live = autogradLive(data, numbers, table, parts, recomputed);
  count.after(live.reset);

  // -- a step -----------------------------------------------------------------------------------

  let at = -1;
  let anchor = 0; // the last frame of the step, which the other levels start from
  let timer = null;
  let presenting = false;
  let hovered = null; // the part of the picture whose history the hint shows
  let hidden = false; // whether the quiz asks for the number of this step
  let drawn = []; // what a node's look depends on, when it was last drawn

  const last = () => history.steps.length - 1;
  const step = () => history.steps[at];
  const isDone = (t) => history.stepOf(t) <= at;

  // for a reader's own key or click: the picture glides
  function go(wanted) {
    pause();
    show(wanted, !stillness.matches);
  }
  const goToFrame = (t) => go(history.stepOf(t));

  function show(wanted, glide = false) {
    wanted = Math.max(0, Math.min(last(), Math.trunc(wanted) || 0));
    if (quiz.on && wanted > at) wanted = hidden ? at : at + 1; // one after the other
    if (wanted === at) return;
    at = wanted;
    if (history.stepOf(anchor) !== at) anchor = Math.max(...step().frames);
    draw(glide);
    root.dispatchEvent(new CustomEvent("frame", { detail: at }));
  }

  function draw(glide = false) {
    const about = partsOf(step());
    hidden = quiz.hides(at);
    nodes.forEach((_, i) => showNode(i, about));
    for (const part of svg.querySelectorAll("[data-now]")) part.removeAttribute("data-now");
    for (const part of about.now) parts.get(part)?.setAttribute("data-now", "");
    if (hovered) write(hint, historyOf(hovered));
    mark(picture, { "now-forward": step().kind === "forward" });
    describe();
    slider.max = last();
    slider.value = at;
    slider.setAttribute("aria-valuetext", `${at} of ${last()}`);
    write(count, `${at} / ${last()}`);
    // not disabled, which would take the focus, and the keys with it
    for (const back of [first, previous]) back.setAttribute("aria-disabled", at === 0);
    for (const forth of [next, final]) forth.setAttribute("aria-disabled", at === last());
    follow(glide);
    if (about.rows.size) table.scrollTo(Math.max(...about.rows)); // the topmost
    if (isPage) address.write();
    const [name, what] = [nodes[frames[anchor].parent ?? frames[anchor].node].name, step().kind];
    quiz.ask(at, what === "forward" ? name : `the gradient of ${name} so far`);
  }

  // after a leaf was set
  function recomputed() {
    drawn = [];
    live.draw();
    draw();
  }

  // what a step is about: the nodes that it computes or adds to, those it takes from, the parts of
  // the picture that are marked, and those that are good to see besides
  function partsOf({ frames: times, cells = [] }) {
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

  function showNode(i, { rows: receivers, sources, now: marked, wanted }) {
    const { kind } = step();
    const backward = kind === "seed" || kind === "backward";
    const arrived = arrivals[i].filter(isDone);
    const known = isDone(computedIn[i]);
    const [isTarget, isSource] = [receivers.has(i), sources.has(i)];
    const look = `${known} ${arrived.length} ${isTarget} ${isSource} ${backward} ${isTarget && kind}`;
    if (look === drawn[i] && !isTarget && !isSource) return;
    drawn[i] = look;

    const asks = hidden && isTarget;
    const value = known && !(asks && kind === "forward") ? numbers.shown(i) : "?";
    const gradient = asks && backward ? "?" : arrived.length ? numbers.sumOf(arrived) : "–";
    const exact = asks ? "" : arrived.length ? (frames[arrived.at(-1)].exact ?? String(numbers.records[arrived.at(-1)].after)) : "";
    for (const [text, number] of [[boxes[i].value, value], [boxes[i].gradient, gradient]]) {
      write(text, number);
      text.style.fontSize = number.length > boxes[i].room ? `${(14 * boxes[i].room) / number.length}px` : "";
    }
    mark(parts.get(`node-${i}`), {
      waiting: !known || (backward && !arrived.length),
      complete: arrived.length > 0 && arrived.length === arrivals[i].length,
      current: isTarget || isSource,
      target: isTarget,
    });
    const computing = isTarget && kind === "forward";
    mark(parts.get(`op-${i}`), { waiting: !known });
    mark(parts.get(`edge-${i}`), { waiting: !known, current: computing || isSource });
    for (const k of nodes[i].operands) {
      const part = `edge-${i}-${k}`;
      const active = computing || marked.has(part) || wanted.has(part);
      const done = !active && (uses.get(part) ?? []).some(isDone);
      mark(parts.get(part), { current: active, done, waiting: !active && !done, unknown: !known });
    }
    table.show(i, at, { value, gradient, exact, isNow: isTarget, hidden: asks });
  }

  function describe() {
    const account = words.of(step(), at, hidden);
    now.className = `ags-now ags-${step().kind}`;
    write(phase, account.title);
    lines.replaceChildren(
      ...account.lines.map(([title, formula, remark]) => {
        const shown = element("dd");
        shown.innerHTML = formula;
        if (remark) shown.append(element("span", { class: "remark" }, remark));
        return element("div", {}, element("dt", {}, title), shown);
      })
    );
    spoken.setAttribute("aria-live", timer ? "off" : "polite"); // too fast to be read aloud
    write(spoken, account.words ?? `${account.title}.`);
  }

  function setQuiz(wanted) {
    if (wanted && history.level !== "edges") setLevel("edges");
    pause();
    quiz.turn(wanted, at);
    mark(root, { asking: wanted });
    ask.setAttribute("aria-pressed", wanted);
    drawn = [];
    draw();
    if (!wanted) root.focus({ preventScroll: true });
  }

  function setLevel(wanted) {
    history.level = wanted;
    if (quiz.on && wanted !== "edges") setQuiz(false);
    height.value = wanted;
    root.dataset.level = wanted;
    drawn = [];
    at = -1;
    show(history.stepOf(anchor));
  }

  // -- the picture's place ----------------------------------------------------------------------

  function follow(glide = false) {
    if (!picture.clientWidth) return;
    const { now: marked, wanted } = partsOf(step());
    const places = (names) => [...names].map((part) => extents.get(part)).filter(Boolean);
    // the smallest type has 10 points; on a projector it has at least 24 pixels
    const readable = presenting ? Math.max(0.95, 2.4 * Math.min(1, innerWidth / 1900)) : 0.95;
    camera.follow(at ? places(marked) : [camera.everything], at ? places(wanted) : [], readable, glide);
  }

  function fit() {
    camera.fit();
    follow(!stillness.matches);
  }

  // -- playing and presenting -------------------------------------------------------------------

  function start() {
    if (at === last()) show(0);
    name(play, "pause", "❚❚ Pause");
    const tick = () => {
      show(at + 1);
      if (at === last()) pause();
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
    mark(root, { presenting });
    name(present, presenting ? "leave" : "present", presenting ? "Leave" : "Present");
    if (presenting) root.requestFullscreen?.().catch(() => {}); // if refused, it fills the page
    else if (document.fullscreenElement === root) document.exitFullscreen();
    camera.fit();
    follow();
  }

  const leave = () => presenting && !document.fullscreenElement && setPresenting(false);
  document.addEventListener("fullscreenchange", leave);

  // -- keys, clicks and the pointer -------------------------------------------------------------

  slider.addEventListener("input", () => go(Number(slider.value)));

  const cycle = (by) => {
    const { names } = history;
    setLevel(names[(names.indexOf(history.level) + by + names.length) % names.length]);
  };
  const several = history.names.length > 1;
  const keys = {
    // at its ends the key goes on to the page around it, such as a presentation's next slide
    ArrowLeft: () => (at > 0 ? go(at - 1) : false),
    ArrowRight: () => (at < last() ? go(at + 1) : beyond()),
    Home: () => go(0),
    End: () => go(last()),
    " ": () => (timer ? pause() : start()),
    p: () => setPresenting(!presenting),
    0: fit,
    "+": () => camera.zoomBy(1.25),
    "-": () => camera.zoomBy(1 / 1.25),
    q: () => setQuiz(!quiz.on),
    l: () => (several ? cycle(1) : false),
    L: () => (several ? cycle(-1) : false),
    Escape: () => (!hint.hidden ? hideHint() : presenting ? setPresenting(false) : false),
  };
  const keysOf = "← → step · space plays · p presents · q asks · + − 0 zoom, whole picture";
  const perhaps = [keysOf, several && "l by neuron, by layer, by edge", data.opaque];
  write(help, perhaps.filter(Boolean).join(" · "));

  function beyond() {
    if (isPage && window.parent !== window) window.parent.postMessage('{"method":"next"}', "*");
    return false;
  }

  root.tabIndex = -1; // so that it gets the keys after a click
  root.addEventListener("keydown", (event) => {
    const pressing = event.key === " " && event.target.tagName === "BUTTON";
    const typing = event.target.matches("select, input:not([type=range])");
    if (!keys[event.key] || typing || pressing) return;
    if (event.ctrlKey || event.metaKey || event.altKey || keys[event.key]() === false) return;
    event.preventDefault();
    event.stopPropagation(); // a notebook has other actions for these keys
  });

  const partAt = (event) => {
    const part = event.target.closest("[data-part]");
    if (!part) return null;
    const [kind, i] = part.dataset.part.split("-");
    return { name: part.dataset.part, kind, i: Number(i) };
  };

  // a click shows the step that finished a node or an edge, or the one that computed an operation
  svg.addEventListener("click", (event) => {
    const hit = partAt(event);
    if (hit?.kind === "node") goToFrame(history.finishedIn(hit.i));
    else if (hit) goToFrame(uses.get(hit.name)?.at(-1) ?? computedIn[hit.i]);
    showHint(event); // for touch screens
  });
  svg.addEventListener("pointermove", showHint);
  svg.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && hideHint());
  for (const kind of ["pointerdown", "wheel"])
    root.addEventListener(kind, hideHint, { passive: true });

  function showHint(event) {
    hovered = partAt(event);
    if (!hovered || event.buttons) return hideHint();
    hint.hidden = false;
    hint.showPopover?.();
    write(hint, historyOf(hovered));
    const { clientX: x, clientY: y } = event;
    const below = y + 14 + hint.offsetHeight < innerHeight;
    hint.style.left = `${Math.max(8, Math.min(innerWidth - hint.offsetWidth - 8, x + 14))}px`;
    hint.style.top = `${below ? y + 14 : Math.max(8, y - 14 - hint.offsetHeight)}px`;
  }

  function hideHint() {
    hovered = null;
    if (!hint.hidden) hint.hidePopover?.();
    hint.hidden = true;
  }

  function historyOf({ name: part, kind, i }) {
    const given = kind === "node" ? arrivals[i] : (uses.get(part) ?? []);
    const steps = given.map((t) => {
      const [frame, s] = [frames[t], history.stepOf(t)];
      if (!isDone(t) || quiz.hides(t)) return `step ${s}: to come`;
      if (frame.kind === "seed") return `step ${s}: gradient ${numbers.told(t, "after")}`;
      const passed = `step ${s}: ${words.product(t)} = ${numbers.told(t, "contribution")}`;
      if (kind === "edge") return `${passed}, to ${nodes[frame.parent].name}`;
      return `${passed}, from ${nodes[frame.node].name}; so far ${frame.exact ?? numbers.records[t].after}`;
    });
    const value = !isDone(computedIn[i]) || (hidden && frames[at].kind === "forward" && frames[at].node === i) ? "?" : nodes[i].shown ? nodes[i].data : numbers.value[i];
    return [`${nodes[i].name} = ${value}`, ...steps].join("\n");
  }

  // -- the address, and paper -------------------------------------------------------------------

  const address = autogradAddress(
    () => ({ step: at, ...(history.level === data.level ? {} : { level: history.level }) }),
    ({ step: wanted, level }) => {
      if (history.names.includes(level) && level !== history.level) setLevel(level);
      if (wanted !== undefined) show(Number(wanted));
    }
  );
  const stopPrinting = autogradPrinting((isPrinting) => {
    printed.replaceChildren();
    svg.style.transform = isPrinting ? "none" : svg.style.transform;
    if (!isPrinting) return (camera.fit(), follow());
    const stepsAsRows = history.steps.map((each, s) => {
      const { title, lines: told } = words.of(each, s);
      const cell = element("td");
      cell.innerHTML = told.map(([, formula]) => formula).at(-1) ?? "";
      return element("tr", {}, element("td", {}, `${s}`), element("td", {}, title), cell);
    });
    printed.append(element("table", {}, element("tbody", {}, ...stepsAsRows)));
  });

  history.level = data.level;
  height.value = root.dataset.level = data.level;
  show(0);
  if (isPage) {
    address.read();
    root.focus({ preventScroll: true });
  }
  const resized = new ResizeObserver(() => requestAnimationFrame(() => follow()));
  resized.observe(picture);

  function dispose() {
    pause();
    resized.disconnect();
    camera.dispose();
    address.dispose();
    stopPrinting();
    document.removeEventListener("fullscreenchange", leave);
  }

  return {
    show, pause, dispose,
    numbers: numbers.all,
    set: (name, number) => (numbers.set(name, number), recomputed()),
    get at() { return at; },
    get last() { return last(); },
    get length() { return history.steps.length; },
    get level() { return history.level; },
    set level(wanted) { setLevel(wanted); },
  };
}
