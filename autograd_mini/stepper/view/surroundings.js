// What is around a stepper: the address of its page, and paper.

// the address says which step is shown: #step=17
function autogradAddress(state, go, signal) {
  let timer = null;
  let written = null; // when; nothing is written before it was read
  const text = () => `#${new URLSearchParams(state())}`;

  function read() {
    const wanted = Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
    written = null;
    if (location.hash && location.hash !== text()) go(wanted);
    written = -Infinity;
  }

  function write() {
    clearTimeout(timer);
    if (written === null || location.hash === text() || !(location.hash || state().step)) return;
    const wait = 150 - (performance.now() - written); // a browser takes only so many in a second
    if (wait > 0) return (timer = setTimeout(write, wait));
    written = performance.now();
    try {
      window.history.replaceState(null, "", text());
    } catch {} // a page inside another may have no address of its own
  }

  window.addEventListener("hashchange", read, { signal });
  signal.addEventListener("abort", () => clearTimeout(timer));
  return { read, write };
}

// on paper there is the whole picture, and a table of all steps
function autogradPrinting(place, accounts, restore, signal) {
  const { element } = autogradParts;
  const paper = matchMedia("print");

  function prepare(isPrinting) {
    place.replaceChildren();
    if (!isPrinting) return restore();
    const rows = accounts().map(({ title, lines }, s) => {
      const cell = element("td");
      cell.innerHTML = lines.map(([, formula]) => formula).at(-1) ?? "";
      return element("tr", {}, element("td", {}, `${s}`), element("td", {}, title), cell);
    });
    place.append(element("table", {}, element("tbody", {}, ...rows)));
  }

  paper.addEventListener("change", () => prepare(paper.matches), { signal });
  window.addEventListener("beforeprint", () => prepare(true), { signal });
  window.addEventListener("afterprint", () => prepare(false), { signal });
}
