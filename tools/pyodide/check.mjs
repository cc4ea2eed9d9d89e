// Installs the built wheel in Pyodide, in Node, and uses it there. Nothing is loaded from a network.
//
//     npm ci && node check.mjs ../../dist/autograd_mini-0.2.0-py3-none-any.whl HYPOTHESIS..
//
// HYPOTHESIS.. are the wheels of hypothesis for Pyodide's platform, and of what it needs:
//
//     pip download --only-binary :all: --implementation cp --python-version 3.14 \
//       --platform pyemscripten_2026_0_wasm32 hypothesis
//
// With --recursive, Value keeps the interpreter's own way of freeing: the deep chain then kills it,
// with "RangeError: Maximum call stack size exceeded". Once it does not, __del__ is needed no more.

import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { loadPyodide } from "pyodide";

const { values, positionals } = parseArgs({
  options: { recursive: { type: "boolean", default: false } },
  allowPositionals: true,
});
if (positionals.length < 2) {
  console.error("usage: node check.mjs [--recursive] WHEEL HYPOTHESIS..");
  process.exit(2);
}

try {
  const pyodide = await loadPyodide();
  for (const wheel of positionals) {
    pyodide.unpackArchive(new Uint8Array(readFileSync(wheel)), "wheel");
  }
  if (values.recursive) {
    pyodide.runPython("from autograd_mini import Value; del Value.__del__");
  }
  pyodide.runPython(readFileSync(new URL("check.py", import.meta.url), "utf8"));
  console.log(`autograd-mini works in Pyodide ${pyodide.version}`);
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
