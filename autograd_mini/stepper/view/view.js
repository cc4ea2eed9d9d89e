// The view of a stepper: one picture, and for every step what changes in it.
//
//   root   the element to fill. It has an <img> with the picture, which is seen if scripts do not run
//   data   from page.py: nodes, frames, levels, and the formulas as MathML
//   rules  the operations of the graph in JavaScript
//
// The other files know nothing of each other but what is handed to them here.

function autogradStepper(root, data, rules) {
  const { element, region, write, name, mark } = autogradParts;
  const { nodes } = data;
  const history = autogradHistory(data);
  const { frames, arrivals, computedIn, uses } = history;
  const numbers = autogradNumbers(data, history, rules);
  const words = autogradWords(data, history, numbers);
  const isPage = root.dataset.page !== undefined; // it has the page to itself
  const stillness = matchMedia("(prefers-reduced-motion: reduce)");
  let at = -1;
  let anchor = 0; // the last frame of the step, which the other levels start from
  let presenting = false;
  let hidden = false; // whether the quiz asks for the number of this step
  let drawn = []; // what a node's look depends on, when it was last drawn

  // -- the parts of the page --------------------------------------------------------------------

  const svg = autogradParts.picture(root.querySelector("img"), data.picture);
  const picture = region(root, "picture", svg);
  picture.dataset.view = "";
  const drawing = autogradDrawing(svg, data, history);
  const camera = autogradCamera(picture, svg, () => isPage || root.matches(":focus-within"));
  const player = autogradPlayer({
    go,
    show,
    state: () => ({ at, last: last(), level: history.level }),
    levels: history.names,
    setLevel,
    zoom: camera.zoomBy,
    present: () => setPresenting(!presenting),
    quiz: () => setQuiz(!quiz.on),
  });
  const phase = element("p", { class: "phase" });
  const lines = element("dl", { class: "lines" });
  const quiz = autogradQuiz(history, numbers, () => draw());
  const now = region(root, "now", phase, quiz.form, lines);
  now.tabIndex = 0; // so that the keys can scroll it
  const jump = (i) => goToFrame(history.finishedIn(i));
  const table = autogradTable(root, data, history, numbers, words, jump);
  const live = autogradLive(data, numbers, table, drawing.boxes, recomputed);
  player.count.after(live.reset);
  const help = element("p", { class: "help" });
  const spoken = element("div", { class: "unseen", role: "status" });
  const printed = element("div", { class: "printed" });
  const others = ":scope > :not(style, script, .ags-title)";
  for (const child of root.querySelectorAll(others)) child.remove();
  root.append(picture, player.controls, now, table.table, help, spoken, printed);
  // a click shows the step that finished a node or an edge, or the one that computed an operation
  const hint = autogradHint(root, svg, drawing.nameOf, historyOf, ({ name: part, kind, i }) =>
    kind === "node" ? jump(i) : goToFrame(uses.get(part)?.at(-1) ?? computedIn[i])
  );

  // -- a step -----------------------------------------------------------------------------------

  const last = () => history.steps.length - 1;
  const isDone = (t) => history.stepOf(t) <= at;
  const goToFrame = (t) => go(history.stepOf(t));

  // for a reader's own key or click: the picture glides
  function go(wanted) {
    player.pause();
    show(wanted, !stillness.matches);
  }

  function show(wanted, glide = false) {
    wanted = Math.max(0, Math.min(last(), Math.trunc(wanted) || 0));
    if (quiz.on && wanted > at) wanted = hidden ? at : at + 1; // one after the other
    if (wanted === at) return;
    at = wanted;
    if (history.stepOf(anchor) !== at) anchor = Math.max(...history.steps[at].frames);
    draw(glide);
    root.dispatchEvent(new CustomEvent("frame", { detail: at }));
  }

  function draw(glide = false) {
    const step = history.steps[at];
    const about = drawing.about(step);
    hidden = quiz.hides(at);
    nodes.forEach((_, i) => drawNode(i, step.kind, about));
    drawing.markNow(about);
    mark(picture, { "now-forward": step.kind === "forward" });
    describe(step);
    player.draw();
    hint.draw();
    follow(glide);
    if (about.rows.size) table.scrollTo(Math.max(...about.rows)); // the topmost
    if (isPage) address.write();
    const asked = nodes[frames[anchor].parent ?? frames[anchor].node].name;
    quiz.ask(at, step.kind === "forward" ? asked : `the gradient of ${asked} so far`);
  }

  function redraw() {
    drawn = [];
    draw();
  }

  // after a leaf was set
  function recomputed() {
    live.draw();
    drawing.drawWeights(numbers.value);
    drawing.drawSlopes(numbers.partials);
    redraw();
  }

  function drawNode(i, kind, about) {
    const backward = kind === "seed" || kind === "backward";
    const arrived = arrivals[i].filter(isDone);
    const known = isDone(computedIn[i]);
    const [isTarget, isSource] = [about.rows.has(i), about.sources.has(i)];
    const look = `${known} ${arrived.length} ${backward}`;
    if (look === drawn[i] && !isTarget && !isSource) return;
    drawn[i] = isTarget || isSource ? "" : look;
    const asks = hidden && isTarget;
    const exact = arrived.length && !asks ? numbers.exactly(arrived.at(-1)) : "";
    const node = {
      known, isTarget, exact, asks,
      value: known && !(asks && kind === "forward") ? numbers.shown(i) : "?",
      gradient: asks && backward ? "?" : arrived.length ? numbers.sumOf(arrived) : "–",
      isWaiting: !known || (backward && !arrived.length),
      isComplete: arrived.length > 0 && arrived.length === arrivals[i].length,
    };
    drawing.showNode(i, node, isDone);
    table.show(i, at, node);
  }

  function describe(step) {
    const account = words.of(step, at, hidden);
    now.className = `ags-now ags-${step.kind}`;
    write(phase, account.title);
    lines.replaceChildren(
      ...account.lines.map(([title, formula, remark]) => {
        const shown = element("dd");
        shown.innerHTML = formula;
        if (remark) shown.append(element("span", { class: "remark" }, remark));
        return element("div", {}, element("dt", {}, title), shown);
      })
    );
    for (const shown of lines.querySelectorAll("dd")) // so that the keys can scroll it
      if (shown.scrollWidth > shown.clientWidth) shown.tabIndex = 0;
    // the controls move at most once, when the formulas need another line
    if (presenting) now.style.minHeight = `${now.offsetHeight}px`;
    spoken.setAttribute("aria-live", player.isPlaying() ? "off" : "polite"); // too fast to be read
    write(spoken, account.words ?? `${account.title}.`);
  }

  // the history of a part of the picture
  function historyOf({ name: part, kind, i }) {
    const given = kind === "node" ? arrivals[i] : (uses.get(part) ?? []);
    const steps = given.map((t) => {
      const s = `step ${history.stepOf(t)}`;
      if (!isDone(t) || quiz.hides(t)) return `${s}: to come`;
      if (frames[t].kind === "seed") return `${s}: gradient ${numbers.told(t, "after")}`;
      const passed = `${s}: ${words.product(t)} = ${numbers.told(t, "contribution")}`;
      if (kind === "edge") return `${passed}, to ${nodes[frames[t].parent].name}`;
      return `${passed}, from ${nodes[frames[t].node].name}; so far ${numbers.exactly(t)}`;
    });
    const known = isDone(computedIn[i]) && !quiz.hides(computedIn[i]);
    const value = numbers.changed ? numbers.value[i] : nodes[i].data;
    return [`${nodes[i].name} = ${known ? value : "?"}`, ...steps].join("\n");
  }

  // -- what the reader chooses ------------------------------------------------------------------

  function follow(glide = false) {
    if (!picture.clientWidth) return;
    const { now: marked, cards } = drawing.about(history.steps[at]);
    const places = (parts) => [...parts].map(camera.extent);
    // the smallest type has 10 points, and 12 on cards; on a projector it has at least 24 pixels
    const least = svg.dataset.lines ? 0.72 : 0.95;
    const readable = presenting ? Math.max(least, 2.4 * Math.min(1, innerWidth / 1900)) : least;
    camera.follow(places(marked), places(cards), readable, glide);
  }

  function fit(glide = !stillness.matches) {
    camera.fit();
    follow(glide);
  }

  function setPresenting(wanted) {
    presenting = wanted;
    mark(root, { presenting });
    now.style.minHeight = "";
    name(player.presenting, presenting ? "leave" : "present", presenting ? "Leave" : "Present");
    if (presenting) root.requestFullscreen?.().catch(() => {}); // if refused, it fills the page
    else if (document.fullscreenElement === root) document.exitFullscreen();
    fit(false);
  }

  function setQuiz(wanted) {
    if (wanted && history.level !== "edges") setLevel("edges");
    player.pause();
    if (wanted && at === last()) show(0);
    quiz.turn(wanted, at);
    mark(root, { asking: wanted });
    player.asking.setAttribute("aria-pressed", wanted);
    redraw();
    if (wanted) show(at + 1); // the first question
    else root.focus({ preventScroll: true });
  }

  function setLevel(wanted) {
    if (quiz.on && wanted !== "edges") setQuiz(false);
    root.dataset.level = history.level = wanted;
    drawn = [];
    at = -1;
    show(history.stepOf(anchor));
  }

  const { names } = history;
  const cycle = (by) => {
    if (names.length === 1) return false;
    return setLevel(names[(names.indexOf(history.level) + by + names.length) % names.length]);
  };
  const keys = {
    // at its ends the key goes on to the page around it, such as a presentation's next slide
    ArrowLeft: () => (at > 0 ? go(at - 1) : false),
    ArrowRight: () => (at < last() ? go(at + 1) : beyond()),
    Home: () => go(0),
    End: () => go(last()),
    " ": () => player.toggle(),
    p: () => setPresenting(!presenting),
    0: () => fit(),
    "+": () => camera.zoomBy(1.25),
    "-": () => camera.zoomBy(1 / 1.25),
    q: () => setQuiz(!quiz.on),
    l: () => cycle(1),
    L: () => cycle(-1),
    Escape: () => (hint.isShown() ? hint.hide() : presenting ? setPresenting(false) : false),
  };
  const known = "← → step · space plays · p presents · q asks · + − 0 zoom, whole picture";
  const levels = names.length > 1 && "l by neuron, by layer, by edge";
  write(help, [known, levels, data.opaque].filter(Boolean).join(" · "));

  function beyond() {
    if (isPage && window.parent !== window) window.parent.postMessage('{"method":"next"}', "*");
    return false;
  }

  root.tabIndex = -1; // so that it gets the keys after a click
  root.addEventListener("keydown", (event) => {
    const pressing = event.key === " " && event.target.tagName === "BUTTON";
    const typing = event.target.matches("select, input:not([type=range]), dd:focus-visible");
    if (!keys[event.key] || typing || pressing) return;
    if (event.ctrlKey || event.metaKey || event.altKey || keys[event.key]() === false) return;
    event.preventDefault();
    event.stopPropagation(); // a notebook has other actions for these keys
  });

  // -- the surroundings -------------------------------------------------------------------------

  const life = new AbortController(); // of what listens to the page around it
  const { signal } = life;
  const address = autogradAddress(
    () => ({ step: at, ...(history.level === data.level ? {} : { level: history.level }) }),
    ({ step, level }) => {
      if (names.includes(level) && level !== history.level) setLevel(level);
      if (step !== undefined) show(Number(step));
    },
    signal
  );
  const accounts = () => history.steps.map((step, s) => words.of(step, s));
  autogradPrinting(printed, accounts, () => fit(false), signal);
  const leave = () => presenting && !document.fullscreenElement && setPresenting(false);
  document.addEventListener("fullscreenchange", leave, { signal });
  const resized = new ResizeObserver(() => requestAnimationFrame(() => follow()));
  resized.observe(picture);

  setLevel(data.level);
  show(data.start);
  if (isPage) {
    address.read();
    root.focus({ preventScroll: true });
  }

  function dispose() {
    player.pause();
    resized.disconnect();
    camera.dispose();
    life.abort();
  }

  return {
    show, dispose,
    pause: player.pause,
    numbers: numbers.all,
    set: (leaf, number) => (numbers.set(leaf, number), recomputed()),
    get at() { return at; },
    get last() { return last(); },
    get length() { return history.steps.length; },
    get level() { return history.level; },
    set level(wanted) { setLevel(wanted); },
  };
}
