// Python in a worker. It loads Pyodide and the wheels beside it, and then answers one message after
// another: {kind, given} gives {html} or {error}; what is printed comes as {printed} meanwhile.

import { loadPyodide } from "./pyodide.mjs";
import { instance } from "./viz.js";

async function load(name) {
  const response = await fetch(new URL(name, import.meta.url));
  if (!response.ok) throw new Error(`${name}: ${response.status}`);
  return response;
}

async function start() {
  const text = (name) => load(name).then((found) => found.text());
  const [pyodide, viz, wheels, answers, training] = await Promise.all([
    loadPyodide({ indexURL: new URL(".", import.meta.url).href }),
    instance(),
    load("wheels.json")
      .then((found) => found.json())
      .then((names) => Promise.all(names.map((name) => load(name).then((w) => w.arrayBuffer())))),
    text("answers.py"),
    text("training.py"),
  ]);
  const extractDir = pyodide.runPython("import site; site.getsitepackages()[0]");
  for (const wheel of wheels) pyodide.unpackArchive(wheel, "wheel", { extractDir });
  const print = (text) => postMessage({ printed: `${text}\n` });
  pyodide.setStdout({ batched: print });
  pyodide.setStderr({ batched: print });
  pyodide.registerJsModule("viz", {
    render: (source, format, engine) => viz.renderString(source, { format, engine }),
  });
  pyodide.FS.writeFile(`${extractDir}/training.py`, training);
  pyodide.runPython(answers, { filename: "answers.py" });
  return pyodide.globals;
}

const started = start();
started.then(
  () => postMessage({ ready: true }),
  (error) => postMessage({ error: `Python did not start: ${error.message}` }),
);

self.onmessage = async ({ data: { kind, given } }) => {
  const python = await started;
  try {
    postMessage({ html: python.get("answer")(kind, ...given) });
  } catch (error) {
    const lines = error.message.trim().split("\n");
    postMessage({ error: lines.at(-1).replace(/^(\w+\.)*Failure: /, "") });
  }
};
