// A page, or a part of one, whose code runs here. It is made of an element like this:
//
//     <div class="live" data-kind="play"><textarea>..</textarea></div>
//
// The body's data-state is loading, ready, running, done or error. #code= in the address, the code's
// UTF-8 in base64url without padding, replaces the code and runs it.

export const encoded = (code) => {
  const bytes = String.fromCharCode(...new TextEncoder().encode(code));
  return btoa(bytes).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
};

export const decoded = (text) => {
  const bytes = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
  return new TextDecoder().decode(Uint8Array.from(bytes, (c) => c.charCodeAt(0)));
};

// what is set by innerHTML does not run its scripts
export function insert(element, html) {
  element.innerHTML = html;
  for (const old of element.querySelectorAll("script")) {
    const script = document.createElement("script");
    script.textContent = old.textContent;
    old.replaceWith(script);
  }
}

// Python: ask() gives the HTML of an answer, and stop() ends what runs, and starts Python anew.
export class Python {
  constructor(changed, printed) {
    Object.assign(this, { changed, printed, turn: Promise.resolve() });
    this.start();
  }

  start() {
    this.isLoaded = false;
    this.changed("loading");
    this.worker = new Worker(new URL("worker.mjs", import.meta.url), { type: "module" });
    this.worker.onmessage = ({ data }) => {
      if (data.printed !== undefined) return this.printed(data.printed);
      if (data.ready) {
        this.isLoaded = true;
        return this.changed(this.settle ? "running" : "ready");
      }
      const { settle } = this;
      this.settle = null;
      this.changed(data.error === undefined ? "done" : "error");
      settle?.(data);
    };
  }

  // one after another
  ask(kind, ...given) {
    const answer = () =>
      new Promise((resolve) => {
        this.settle = resolve;
        this.changed(this.isLoaded ? "running" : "loading");
        this.worker.postMessage({ kind, given });
      });
    return (this.turn = this.turn.then(answer));
  }

  stop() {
    this.worker.terminate();
    const { settle } = this;
    this.settle = null;
    this.start();
    settle?.({ error: "stopped; Python starts anew" });
  }
}

const WORDS = { loading: "Python is loading…", running: "running…", error: "", ready: "ready: press Run", done: "" };

// One Python for a page. Its owner is the part of the page whose code ran last.
let python = null;
let owner = null;

function changed(state) {
  document.body.dataset.state = state;
  owner?.changed(state);
}

const start = () => (python ??= new Python(changed, (text) => owner?.printed(text)));

// Adds buttons and a place for the output. `linked` is the page of links to the code.
export function live(element, linked = location.href) {
  const code = element.querySelector("textarea");
  const more = [...element.querySelectorAll("[name]")];
  const id = document.getElementById("output") ? "" : 'id="output"';
  element.insertAdjacentHTML(
    "beforeend",
    `<div class="live-bar"><button class="live-run">Run</button> <button disabled>Stop</button>
    <button>Copy link</button> <span role="status"></span></div>
    <div ${id} class="live-output"></div>`,
  );
  const [run, stop, link] = element.querySelectorAll("button");
  const [status, output] = element.querySelectorAll("[role=status], .live-output");
  let text = null;

  const me = {
    changed(state) {
      status.textContent = WORDS[state];
      stop.disabled = !python?.settle; // null while it is made
    },
    printed(more) {
      if (!text) output.append((text = document.createElement("pre")));
      text.textContent += more;
    },
  };

  const go = async () => {
    if (python?.settle) return;
    owner = me;
    output.replaceChildren();
    text = null;
    const { html, error } = await start().ask(
      element.dataset.kind,
      code.value,
      ...more.map((field) => field.value),
    );
    const answer = document.createElement("div");
    output.append(answer);
    if (error === undefined) insert(answer, html);
    else Object.assign(answer, { className: "live-error", textContent: error });
  };

  run.onclick = go;
  stop.onclick = () => python.stop();
  link.onclick = async () => {
    const address = new URL(linked);
    address.hash = `code=${encoded(code.value)}`;
    if (address.pathname === location.pathname) location.hash = address.hash;
    await navigator.clipboard?.writeText(address.href).catch(() => {});
    status.textContent = "The link holds the code; it is on the clipboard.";
  };
  code.onkeydown = (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) go();
  };
  const fit = () => (code.rows = Math.min(30, code.value.split("\n").length + 1));
  code.oninput = fit;
  fit();
  if (element.dataset.eager !== undefined) {
    owner = me;
    start();
  }
  return { go, code, fit };
}

// The code of the address goes into the first part, and runs.
function follow({ go, code, fit }) {
  const read = () => {
    const given = new URLSearchParams(location.hash.slice(1)).get("code");
    if (given === null) return;
    code.value = decoded(given);
    fit();
    go();
  };
  window.addEventListener("hashchange", () => {
    if (!location.hash.endsWith(encoded(code.value))) read();
  });
  read();
}

const [first] = [...document.querySelectorAll(".live")].map((element) => live(element));
if (first) follow(first);
