// The camera: which part of the picture is seen, and how large.
//
// It shows the whole picture if that can be read, else what the step is about. The reader may zoom
// and drag; then it keeps the reader's zoom, but still moves to where the step is.

function autogradCamera(view, svg, takesWheel) {
  const { select, zoom, zoomIdentity } = autogradLibraries;
  const MARGIN = 10; // pixels
  const LITTLE = 1.25; // how many times smaller the picture may be to show more
  const [width, height] = ["width", "height"].map((side) => parseFloat(svg.getAttribute(side)));
  svg.setAttribute("width", width);
  svg.setAttribute("height", height);
  const shift = /translate\(([-\d.]+)[ ,]+([-\d.]+)/;
  const [left, top] = svg.querySelector("g").getAttribute("transform").match(shift).slice(1).map(Number);
  const everything = [0, 0, width, height];

  let place = { x: 0, y: 0, k: 1 };
  let chosen = null; // the reader's zoom
  const size = () => [view.clientWidth || 800, view.clientHeight || 400];
  const behaviour = zoom()
    .scaleExtent([0.02, 12])
    .extent(() => [[0, 0], size()])
    .clickDistance(4)
    .filter((event) => {
      if (event.type === "wheel") return takesWheel();
      return !event.button && !event.ctrlKey && !event.target.closest(".ags-draggable");
    })
    .on("zoom", ({ transform, sourceEvent }) => {
      place = transform;
      svg.style.transform = `translate(${place.x}px, ${place.y}px) scale(${place.k})`;
      if (!sourceEvent) return;
      chosen = place.k;
      svg.classList.remove("ags-glide");
    });
  const selection = select(view).call(behaviour).on("dblclick.zoom", null);

  function moveTo(k, [x0, y0, x1, y1]) {
    const centred = (from, to, whole, room) => {
      if (k * whole <= room) return (room - k * whole) / 2; // all of it is seen
      const start = room / 2 - (k * (from + to)) / 2;
      return Math.min(MARGIN, Math.max(room - MARGIN - k * whole, start));
    };
    const [w, h] = size();
    const [x, y] = [centred(x0, x1, width, w), centred(y0, y1, height, h)];
    selection.call(behaviour.transform, zoomIdentity.translate(x, y).scale(k));
  }

  const scaleFor = ([x0, y0, x1, y1]) => {
    const [w, h] = size();
    return Math.min((w - 2 * MARGIN) / (x1 - x0), (h - 2 * MARGIN) / (y1 - y0));
  };

  function isSeen([x0, y0, x1, y1], k) {
    const [w, h] = size();
    const inside = (from, to, room) => from >= MARGIN - 1 && to <= room - MARGIN + 1;
    return (
      k === place.k &&
      inside(place.x + k * x0, place.x + k * x1, w) &&
      inside(place.y + k * y0, place.y + k * y1, h)
    );
  }

  // show what a step needs, and what else would be good to see if that makes it little smaller
  function follow(needed, wanted, readable, glide) {
    svg.classList.toggle("ags-glide", glide);
    const whole = scaleFor(everything);
    const about = needed.length ? union(needed) : everything;
    const all = union([about, ...wanted]);
    const good = whole < readable ? readable : Math.min(whole, Math.max(2.2, 1.8 * readable));
    let k = Math.min(chosen ?? good, scaleFor(about));
    if (k < LITTLE * whole && !chosen) k = Math.min(k, whole);
    const box = LITTLE * scaleFor(all) >= k ? all : about;
    k = Math.max(0.02, Math.min(k, scaleFor(box)));
    if (!isSeen(box, k)) moveTo(k, box);
  }

  function fit() {
    chosen = null;
  }

  function zoomBy(factor) {
    svg.classList.remove("ags-glide");
    selection.call(behaviour.scaleBy, factor);
    chosen = place.k;
  }

  // the box of a part of the picture: [x0, y0, x1, y1]; it is measured once
  const extents = new WeakMap();
  function extent(part) {
    if (!extents.has(part)) {
      const { x, y, width: w, height: h } = part.getBBox();
      extents.set(part, [left + x - 3, top + y - 3, left + x + w + 3, top + y + h + 3]);
    }
    return extents.get(part);
  }

  const union = (boxes) =>
    [Math.min, Math.min, Math.max, Math.max].map((end, i) => end(...boxes.map((box) => box[i])));

  return { follow, fit, zoomBy, extent, dispose: () => selection.on(".zoom", null) };
}
