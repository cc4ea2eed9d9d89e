// Live numbers: the number of a leaf is typed, or dragged to and fro; a double click flips it.

function autogradLive(data, numbers, table, boxes, change) {
  const { element, button, write } = autogradParts;
  const { nodes } = data;
  const reset = button("reset numbers", "Reset", () => (numbers.reset(), change()));
  reset.hidden = true;
  const fields = new Map(); // of the leaves

  const set = (i, number) => (numbers.set(nodes[i].name, number), change());
  const unit = (x) => 10 ** Math.floor(Math.log10(Math.max(Math.abs(x), 0.1))) / 20;
  const flipped = (x) => (x === 0 || x === 1 ? 1 - x : -x);

  function drag(down, part, i) {
    if (down.button || (down.pointerType === "touch" && part !== fields.get(i))) return;
    const start = numbers.value[i];
    const move = ({ clientX }) => {
      const by = Math.trunc((clientX - down.clientX) / 2);
      if (!by && numbers.value[i] === start) return;
      part.dataset.dragged = ""; // what follows is not a click
      set(i, Number((start + by * unit(start)).toPrecision(12)));
    };
    const stop = () => {
      window.removeEventListener("pointermove", move);
      setTimeout(() => delete part.dataset.dragged);
    };
    window.addEventListener("pointermove", move);
    for (const end of ["pointerup", "pointercancel"]) window.addEventListener(end, stop, { once: true });
  }

  for (const i of data.opaque ? [] : numbers.leaves.values()) {
    const name = `data of ${nodes[i].name}`;
    const field = element("input", { class: "number", type: "number", "aria-label": name });
    fields.set(i, field);
    field.title = "type, or drag";
    field.addEventListener("change", () => {
      if (Number.isFinite(field.valueAsNumber)) set(i, field.valueAsNumber);
      else write(field, numbers.shown(i));
    });
    table.rows[i].value.append(field);
    table.rows[i].value = field;
    for (const part of [field, ...boxes[i].map(({ value }) => value)]) {
      part.classList.add("ags-draggable"); // the camera leaves it alone
      part.addEventListener("pointerdown", (down) => drag(down, part, i));
      part.addEventListener("click", (event) => "dragged" in part.dataset && event.stopPropagation());
    }
    const flip = () => set(i, flipped(numbers.value[i]));
    for (const { part } of boxes[i]) part.addEventListener("dblclick", flip);
  }

  function draw() {
    reset.hidden = !numbers.changed;
    for (const [i, field] of fields) {
      const step = String(unit(numbers.value[i]));
      if (field.step !== step) field.step = step;
    }
  }

  return { reset, draw };
}
