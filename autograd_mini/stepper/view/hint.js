// What the pointer tells of a part of the picture, and where a click on it leads.

function autogradHint(root, svg, nameOf, historyOf, jump) {
  const { element, write } = autogradParts;
  const hint = element("div", { class: "hint", popover: "manual", hidden: "" });
  let hovered = null; // the part whose history is shown

  const partAt = (event) => {
    const part = event.target.closest("[data-part]");
    if (!part) return null;
    const [kind, i] = nameOf(part).split("-");
    return { name: nameOf(part), kind, i: Number(i) };
  };

  function show(event) {
    hovered = partAt(event);
    if (!hovered || event.buttons) return hide();
    hint.hidden = false;
    hint.showPopover?.();
    draw();
    const { clientX: x, clientY: y } = event;
    const below = y + 14 + hint.offsetHeight < innerHeight;
    hint.style.left = `${Math.max(8, Math.min(innerWidth - hint.offsetWidth - 8, x + 14))}px`;
    hint.style.top = `${below ? y + 14 : Math.max(8, y - 14 - hint.offsetHeight)}px`;
  }

  function hide() {
    hovered = null;
    if (!hint.hidden) hint.hidePopover?.();
    hint.hidden = true;
  }

  const draw = () => hovered && write(hint, historyOf(hovered));

  svg.addEventListener("click", (event) => {
    const hit = partAt(event);
    if (hit) jump(hit);
    show(event); // for touch screens
  });
  svg.addEventListener("pointermove", show);
  svg.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && hide());
  for (const kind of ["pointerdown", "wheel"]) root.addEventListener(kind, hide, { passive: true });
  root.append(hint);
  return { draw, hide, isShown: () => !hint.hidden };
}
