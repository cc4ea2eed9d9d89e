// Elements of a page. Their classes have a prefix, so that no style of the page around them applies.

const autogradParts = (() => {
  const prefixed = (names) => names.split(" ").map((name) => `ags-${name}`).join(" ");

  function element(tag, attributes = {}, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes))
      made.setAttribute(name, name === "class" ? prefixed(value) : value);
    made.append(...children);
    return made;
  }

  // not a <section>, which is a slide where the page is a presentation of reveal.js
  function region(root, name, ...children) {
    const label = `${root.getAttribute("aria-label")}: ${name}`;
    return element("div", { class: name, role: "region", "aria-label": label }, ...children);
  }

  function write(place, text) {
    // a text of its own is changed in place, which browsers are faster at
    const own = place.firstChild ?? place;
    const what = place.tagName === "INPUT" ? "value" : place.firstChild ? "data" : "textContent";
    if (own[what] !== text) own[what] = text;
  }

  function name(made, label, sign) {
    made.ariaLabel = made.title = label;
    write(made, sign);
    return made;
  }

  function button(label, sign, action) {
    const made = name(element("button", { type: "button" }), label, sign);
    made.addEventListener("click", action);
    return made;
  }

  function mark(part, states) {
    for (const [state, on] of Object.entries(states)) part?.classList.toggle(`ags-${state}`, on);
  }

  const { strFromU8, unzlibSync } = autogradLibraries;
  const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const unpacked = (text) => JSON.parse(strFromU8(unzlibSync(bytes(text))));

  // the SVG of an <img>, or of the data, as elements of the page
  function picture(image, text) {
    const source = image ? strFromU8(bytes(image.src.split(",")[1])) : text;
    return new DOMParser().parseFromString(source, "image/svg+xml").documentElement;
  }

  return { element, region, write, name, button, mark, unpacked, picture };
})();
