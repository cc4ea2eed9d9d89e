// The quiz: the number of the next step is hidden until the reader has typed it, or has given up.

function autogradQuiz(history, numbers, reveal) {
  const { element, button, write } = autogradParts;
  const { frames } = history;
  const known = new Set([0]); // the frames whose number the reader has seen
  const count = { right: 0, wrong: 0 };
  let on = false;
  let asked = 0;

  const question = element("label", {});
  const answer = element("input", { class: "answer", inputmode: "decimal", autocomplete: "off" });
  const verdict = element("span", { class: "verdict", "aria-live": "polite" });
  const check = button("check", "Check", () => judge());
  const giveUp = button("give up", "Give up", () => done(`It is ${autogradNumbers.format(wanted())}.`));
  const score = element("span", { class: "score" });
  question.append(element("span", { class: "asked" }), answer);
  const form = element("div", { class: "quiz", hidden: "" }, question, check, giveUp, verdict, score);
  answer.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || answer.value.trim() === "") return;
    event.preventDefault();
    event.stopPropagation();
    judge();
  });

  const wanted = () =>
    frames[asked].kind === "forward" ? numbers.value[frames[asked].node] : numbers.records[asked].after;
  // as many digits as the page shows, or half a percent
  const near = (a, b) => Math.abs(a - b) <= Math.max(0.005 * Math.abs(b), 1e-12);

  // where the mistake lies: each has the number that it leads to
  function mistake(x) {
    if (frames[asked].kind !== "backward") return "compute the operation with the numbers above";
    const { upstream, local, contribution, before, after } = numbers.records[asked];
    const { node, parent } = frames[asked];
    if (before && near(x, contribution)) return "you forgot to add what had arrived before";
    if (near(x, local) || near(x, before + local)) return "you forgot the upstream gradient";
    if (near(x, upstream) || near(x, before + upstream)) return "you forgot the local derivative";
    if (near(x, -after) || near(x, before - contribution)) return "a sign is wrong";
    const others = [1 / local, numbers.value[node], numbers.value[parent]];
    const isLocal = others.some((other) => near(x, before + upstream * other) || near(x, upstream * other));
    return isLocal ? "the local derivative is wrong" : "check the local derivative, then the sum";
  }

  function judge() {
    const [above, below = "1"] = answer.value.replace("−", "-").replace(",", ".").split("/");
    const x = Number(above) / Number(below);
    if (answer.value.trim() === "" || Number.isNaN(x)) return write(verdict, "Type a number.");
    if (near(x, wanted())) {
      count.right++;
      return done("✓ right");
    }
    count.wrong++;
    write(verdict, `✗ wrong: ${mistake(x)}`);
    write(score, `${count.right} right, ${count.wrong} wrong`);
  }

  function done(text) {
    known.add(asked);
    reveal();
    write(verdict, text);
    write(score, `${count.right} right, ${count.wrong} wrong`);
  }

  // ask for the number of frame t, which `what` names
  function ask(t, what) {
    form.hidden = !on;
    if (asked !== t) (write(verdict, ""), (answer.value = ""));
    asked = t;
    const isHidden = on && !known.has(t);
    write(question.firstChild, isHidden ? `${what} =` : "");
    for (const part of [question, check, giveUp]) part.hidden = !isHidden;
  }

  return {
    form,
    ask,
    focus: () => answer.focus({ preventScroll: true }),
    hides: (t) => on && !known.has(t),
    get on() { return on; },
    // what has been shown before is known
    turn: (wantedOn, at) => {
      on = wantedOn;
      for (let t = 0; t <= at; t++) known.add(t);
      for (const t of known) if (t > at) known.delete(t);
    },
  };
}
