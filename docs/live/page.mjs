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

const WORDS = { loading: "Python is loading…", running: "running…", error: "", ready: "", done: "" };

function live(element) {
  const code = element.querySelector("textarea");
  const more = [...element.querySelectorAll("[name]")];
  element.insertAdjacentHTML(
    "beforeend",
    `<div class="live-bar"><button class="live-run">Run</button> <button disabled>Stop</button>
    <button>Copy link</button> <span role="status"></span></div>
    <div id="output" class="live-output"></div>`,
  );
  const [run, stop, link] = element.querySelectorAll("button");
  const [status, output] = [element.querySelector("[role=status]"), element.querySelector("#output")];
  let text = null;

  const changed = (state) => {
    document.body.dataset.state = state;
    status.textContent = WORDS[state];
    stop.disabled = !python?.settle;
  };
  const printed = (more) => {
    if (!text) output.append((text = document.createElement("pre")));
    text.textContent += more;
  };
  let python = null;
  const start = () => (python ??= new Python(changed, printed));

  const go = async () => {
    start();
    if (python.settle) return;
    output.replaceChildren();
    text = null;
    const { html, error } = await python.ask(
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
    location.hash = `code=${encoded(code.value)}`;
    await navigator.clipboard?.writeText(location.href).catch(() => {});
    status.textContent = "The address of this page holds the code.";
  };
  code.onkeydown = (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) go();
  };
  const fit = () => (code.rows = Math.min(30, code.value.split("\n").length + 1));
  code.oninput = fit;

  const read = () => {
    const given = new URLSearchParams(location.hash.slice(1)).get("code");
    if (given === null || given === encoded(code.value)) return false;
    code.value = decoded(given);
    fit();
    return true;
  };
  window.addEventListener("hashchange", () => read() && go());
  const linked = new URLSearchParams(location.hash.slice(1)).has("code");
  read();
  fit();
  if (linked) go();
  else if (element.dataset.eager !== undefined) start();
}

document.querySelectorAll(".live").forEach(live);
