// A slider over pages, and over the numbers of a stepper. A chart that is live shows what the
// stepper computes: the root by a leaf, with the gradient as its slope, or gradients of nodes.

async function autogradFlips(root, packed) {
  const bytes = Uint8Array.from(atob(packed), (c) => c.charCodeAt(0));
  const unpacked = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  const { name, pages, leaves, start, live } = await new Response(unpacked).json();
  const steps = root.querySelector(".autograd-stepper");
  const stage = root.querySelector(".ags-stage");
  const made = (tag, text = "") => Object.assign(document.createElement(tag), { textContent: text });
  const [bar, slider, told] = [made("label"), made("input"), made("output")];
  const short = (x) => String(Number(x.toPrecision(4)));
  let known = ""; // the leaves' numbers that are drawn
  let others = ""; // those that the curve was computed for

  function tell(text) {
    told.textContent = text;
    slider.setAttribute("aria-valuetext", text);
    stage.setAttribute("aria-label", `${name} ${text}`);
  }

  const picture = (svg) => new DOMParser().parseFromString(svg, "image/svg+xml").documentElement;

  function show(t) {
    const { label, pictures, numbers } = pages[t];
    slider.value = t;
    tell(label);
    if (!live || !known) stage.replaceChildren(...pictures.map(picture));
    for (const [leaf, number] of Object.entries(numbers))
      if (steps.stepper.numbers()[leaf][0] !== number) steps.stepper.set(leaf, number);
    if (live) follow();
  }

  // what the stepper's numbers are now, whoever set them
  function follow() {
    const now = steps.stepper.numbers();
    const [w, slope] = now[live.leaf];
    const numbers = JSON.stringify(leaves.map((leaf) => now[leaf][0]));
    if (numbers === known) return;
    known = numbers;
    const [low, high] = live.x;
    slider.value = Math.round(((w - low) / (high - low)) * (pages.length - 1));
    if (live.gradients.length) {
      const sizes = live.gradients.map((node) => Math.max(Math.abs(now[node][1]), 1e-300));
      draw("curve", sizes.map((size, k) => [k + 1, Math.log10(size)]));
      return tell(`${name} = ${short(w)}, the first of these gradients is ${short(now[live.gradients[0]][1])}`);
    }
    const rest = JSON.stringify(leaves.map((leaf) => leaf === live.leaf || now[leaf][0]));
    if (rest !== others) draw("curve", pages.map(({ numbers }) => [numbers[live.leaf], rootAt(numbers[live.leaf])]));
    if (rest !== others) steps.stepper.set(live.leaf, w); // as it was
    others = rest;
    const [y] = now[live.root];
    draw("point", [[w, y], [w, y]]);
    draw("slope", live.x.map((x) => [x, y + slope * (x - w)]));
    tell(`${name} = ${short(w)}, ${live.root} = ${short(y)}, slope ${short(slope)}`);
  }

  function rootAt(x) {
    steps.stepper.set(live.leaf, x);
    return steps.stepper.numbers()[live.root][0];
  }

  function draw(part, points) {
    const [[x0, x1], [y0, y1], [width, height]] = live.frame;
    const finite = points.filter(([, y]) => Number.isFinite(y));
    const at = finite.map(([x, y]) => [((x - x0) / (x1 - x0)) * width, ((y1 - y) / (y1 - y0)) * height]);
    stage.querySelector(`[data-${part}]`).setAttribute("points", at.map((p) => p.map((z) => z.toFixed(1))).join(" "));
  }

  Object.assign(slider, { type: "range", min: 0, max: pages.length - 1, ariaLabel: name });
  told.ariaLive = "off"; // the slider says the same
  slider.addEventListener("input", () => show(slider.valueAsNumber));
  bar.addEventListener("keydown", (event) => event.stopPropagation()); // a notebook has other actions for these
  bar.className = "ags-slider";
  bar.append(made("span", name), slider, told);
  stage.setAttribute("role", "img");
  stage.after(bar);
  const changes = { subtree: true, childList: true, characterData: true };
  if (live) new MutationObserver(follow).observe(steps, changes);
  root.flips = { show, get at() { return slider.valueAsNumber; } };
  show(start);
}
