// The controls: what goes on, what plays, and where one is.

function autogradPlayer({ go, show, state, levels, setLevel, zoom, present, quiz }) {
  const { element, button, name, write } = autogradParts;
  const PLAY = "▶\ufe0e Play"; // \ufe0e: as a letter, not as a coloured picture
  let timer = null;

  const back = [
    button("first step", "⇤", () => go(0)),
    button("previous step", "←", () => go(state().at - 1)),
  ];
  const play = button("play", PLAY, () => toggle());
  play.className = "ags-play";
  const forth = [
    button("next step", "→", () => go(state().at + 1)),
    button("last step", "⇥", () => go(state().last)),
  ];
  const slider = element("input", { type: "range", min: 0, value: 0, "aria-label": "step" });
  slider.addEventListener("input", () => go(Number(slider.value)));
  const count = element("span", { class: "count" });
  const choice = (label, options) => {
    const made = element("select", { "aria-label": label, title: label });
    for (const option of options) made.append(new Option(...option));
    return made;
  };
  const speed = choice("speed", [["slow", 0.5], ["normal", 1], ["fast", 3], ["very fast", 10]]);
  speed.value = 1;
  const level = choice("level", levels.map((each) => [`by ${each.replace(/s$/, "")}`, each]));
  level.hidden = levels.length === 1;
  level.addEventListener("change", () => setLevel(level.value));
  const presenting = button("present", "Present", present);
  const asking = button("quiz", "Quiz", quiz);
  const controls = element(
    "div", { class: "controls" }, ...back, play, ...forth, slider, count, level, speed,
    button("smaller picture", "−", () => zoom(1 / 1.25)),
    button("larger picture", "+", () => zoom(1.25)), asking, presenting
  );

  function toggle() {
    if (timer) return pause();
    if (state().at === state().last) show(0);
    name(play, "pause", "❚❚ Pause");
    const tick = () => {
      show(state().at + 1);
      if (state().at === state().last) pause();
      else timer = setTimeout(tick, 1200 / speed.value);
    };
    timer = setTimeout(tick, 1200 / speed.value);
  }

  function pause() {
    clearTimeout(timer);
    timer = null;
    name(play, "play", PLAY);
  }

  function draw() {
    const { at, last, level: shown } = state();
    slider.max = last;
    slider.value = at;
    slider.setAttribute("aria-valuetext", `${at} of ${last}`);
    write(count, `${at} / ${last}`);
    level.value = shown;
    // not disabled, which would take the focus, and the keys with it
    for (const each of back) each.setAttribute("aria-disabled", at === 0);
    for (const each of forth) each.setAttribute("aria-disabled", at === last);
  }

  return { controls, count, presenting, asking, toggle, pause, draw, isPlaying: () => timer !== null };
}
