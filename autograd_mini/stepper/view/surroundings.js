// What is around a stepper: the address of its page, and paper.

// the address says which step is shown: #step=17
function autogradAddress(state, go) {
  let timer = null;
  let written = NaN; // when; nothing is written before it was read
  const text = () => `#${new URLSearchParams(state())}`;

  const read = () => {
    written ||= -1000;
    if (location.hash && location.hash !== text()) go(Object.fromEntries(new URLSearchParams(location.hash.slice(1))));
  };

  // a browser takes only so many changes in a second
  function write() {
    clearTimeout(timer);
    const wait = 150 - (performance.now() - written);
    if (Number.isNaN(wait)) return;
    if (wait > 0) return (timer = setTimeout(write, wait));
    written = performance.now();
    try {
      if (location.hash !== text() && (location.hash || state().step)) window.history.replaceState(null, "", text());
    } catch {} // a page inside another may have no address of its own
  }

  window.addEventListener("hashchange", read);
  const dispose = () => (clearTimeout(timer), window.removeEventListener("hashchange", read));
  return { read, write, dispose };
}

// calls prepare(true) before the page is printed, and prepare(false) after it
function autogradPrinting(prepare) {
  const paper = matchMedia("print");
  const change = () => prepare(paper.matches);
  const [before, after] = [() => prepare(true), () => prepare(false)];
  paper.addEventListener("change", change);
  window.addEventListener("beforeprint", before);
  window.addEventListener("afterprint", after);
  return () => {
    paper.removeEventListener("change", change);
    window.removeEventListener("beforeprint", before);
    window.removeEventListener("afterprint", after);
  };
}
