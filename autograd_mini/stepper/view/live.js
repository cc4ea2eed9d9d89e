// Live numbers: the number of a leaf is typed, or dragged to and fro; a double click flips it.

function autogradLive(data, numbers, table, parts, change) {
  const { element, button } = autogradParts;
  const { nodes } = data;
  const reset = button("reset numbers", "Reset", () => (numbers.reset(), change()));
  reset.hidden = true;
  const fields = new Map();

  const set = (i, number) => (numbers.set(nodes[i].name, number), change());
  const unit = (x) => 10 ** Math.floor(Math.log10(Math.max(Math.abs(x), 0.1))) / 20;

  function draggable(part, i) {
    part.classList.add("ags-draggable"); // the camera leaves it alone
    part.addEventListener("pointerdown", (down) => {
      if (down.button || (down.pointerType === "touch" && part instanceof SVGElement)) return;
      const start = numbers.value[i];
      const move = ({ clientX }) => {
        const steps = Math.trunc((clientX - down.clientX) / 2);
        if (!steps && numbers.value[i] === start) return;
        part.dataset.dragged = ""; // what follows is no click
        set(i, Number((start + steps * unit(start)).toPrecision(12)));
      };
      const stop = () => {
        window.removeEventListener("pointermove", move);
        setTimeout(() => delete part.dataset.dragged);
      };
      delete part.dataset.dragged;
      window.addEventListener("pointermove", move);
      window.addEventListener("pointerup", stop, { once: true });
      window.addEventListener("pointercancel", stop, { once: true });
    });
    part.addEventListener("click", (event) => "dragged" in part.dataset && event.stopPropagation());
  }

  function type(i, text = String(numbers.value[i])) {
    const field = fields.get(i);
    const input = element("input", { class: "typed", "aria-label": `data of ${nodes[i].name}` });
    input.value = text;
    let isOpen = true;
    const close = (accepted) => {
      if (!isOpen) return; // it loses the focus when it goes
      isOpen = false;
      const number = Number(input.value);
      const isNumber = input.value.trim() !== "" && Number.isFinite(number);
      input.replaceWith(field);
      field.focus();
      if (accepted && isNumber) set(i, number);
    };
    input.addEventListener("keydown", (event) => {
      event.stopPropagation();
      if (event.key === "Enter" || event.key === "Escape") close(event.key === "Enter");
    });
    input.addEventListener("blur", () => close(true));
    field.replaceWith(input);
    input.focus();
    input.select();
  }

  if (!data.opaque)
    for (const i of numbers.leaves.values()) {
      const label = `data of ${nodes[i].name}: type or drag`;
      const field = element("span", { class: "number", role: "spinbutton", tabindex: 0, title: label, "aria-label": label });
      fields.set(i, field);
      table.rows[i].value.append(field);
      table.rows[i].value = field;
      field.addEventListener("click", () => "dragged" in field.dataset || type(i));
      field.addEventListener("keydown", (event) => {
        const by = { ArrowUp: 1, ArrowDown: -1 }[event.key];
        if (by) set(i, Number((numbers.value[i] + by * unit(numbers.value[i])).toPrecision(12)));
        else if (/^[-.\d]$/.test(event.key)) type(i, event.key);
        else if (event.key === "Enter") type(i);
        else return;
        event.preventDefault();
        event.stopPropagation();
      });
      const box = parts.get(`node-${i}`);
      draggable(field, i);
      draggable(box, i);
      const flipped = (x) => (x === 0 || x === 1 ? 1 - x : -x);
      box.addEventListener("dblclick", () => set(i, flipped(numbers.value[i])));
    }

  // the numbers on the edges, which are the local derivatives
  function draw() {
    reset.hidden = !numbers.changed;
    fields.forEach((field, i) => field.setAttribute("aria-valuenow", numbers.value[i]));
    nodes.forEach(({ operands }, i) =>
      operands.forEach((k, edge) => {
        const text = parts.get(`edge-${i}-${k}`)?.querySelector("text");
        if (text) autogradParts.write(text, autogradNumbers.format(numbers.partials[i][edge]));
      })
    );
  }

  fields.forEach((field, i) => field.setAttribute("aria-valuenow", numbers.value[i]));
  return { reset, draw };
}
