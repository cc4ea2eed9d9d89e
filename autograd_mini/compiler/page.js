const all = [...document.querySelectorAll("[data-of]")];
const keys = (x) => x.dataset.of.split(" ");
const light = (event) => {
  const at = event.target.closest("[data-of]");
  if (!at) return;
  const wanted = new Set(keys(at));
  for (const x of all) x.classList.toggle("lit", keys(x).some((key) => wanted.has(key)));
  for (const section of document.querySelectorAll("section")) {
    const first = section.querySelector(".lit");
    if (first && !section.contains(at)) first.scrollIntoView({ block: "nearest" });
  }
};
document.addEventListener("mouseover", light);
document.addEventListener("focusin", light);
