// A button beside each block of Python that can run in the page: one that needs this library alone.
// Then the block can be edited, and its output takes the place of the page's.

const NEEDS = /^(from|import) (autograd_mini|nn)\b/m;
const CANNOT =
  /\b(numpy|sklearn|jax|\w*torch\w*|safetensors|matplotlib|multiprocessing|compile|progress=True)\b/;

const textOf = (block) => block.querySelector("pre").innerText;

function makeRunnable(block, { live }, play) {
  const element = document.createElement("div");
  Object.assign(element, { className: "live" }).dataset.kind = "play";
  const code = document.createElement("textarea");
  Object.assign(code, { spellcheck: false, ariaLabel: "Python", value: textOf(block).trimEnd() });
  element.append(code);
  const shown = block.nextElementSibling;
  if (shown?.matches(".highlight-output")) shown.remove();
  block.replaceWith(element);
  live(element, play).go();
  code.focus();
}

addEventListener("DOMContentLoaded", () => {
  if (/\/(notebooks|reference)\//.test(location.pathname)) return;
  const root = new URL(document.documentElement.dataset.content_root ?? "./", location.href);
  for (const block of document.querySelectorAll(".highlight-python")) {
    const text = textOf(block);
    if (!NEEDS.test(text) || CANNOT.test(text)) continue;
    const button = document.createElement("button");
    Object.assign(button, { className: "run-block", textContent: "Run", title: "Run it here" });
    button.onclick = async () =>
      makeRunnable(
        block,
        await import(new URL("_static/live/page.mjs", root)),
        new URL("play.html", root),
      );
    block.append(button);
  }
});
