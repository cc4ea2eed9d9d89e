// The quiz: the number of the next step is hidden until the reader has typed it, or has given up.

function autogradQuiz(history, numbers, reveal) {
  const { element, button, write } = autogradParts;
  const { frames } = history;
  const known = new Set(); // the frames whose number the reader has seen
  const count = { right: 0, wrong: 0 };
  let on = false;
  let asked = 0;

  const what = element("span");
  const answer = element("input", { class: "answer", inputmode: "decimal", autocomplete: "off" });
  const question = element("label", {}, what, answer);
  const check = button("check", "Check", () => judge());
  const giveUp = button("give up", "Give up", () => done(`It is ${autogradNumbers.format(wanted())}.`));
  const verdict = element("span", { class: "verdict", "aria-live": "polite" });
  const score = element("span", { class: "score" });
  const form = element("div", { class: "quiz", hidden: "" }, question, check, giveUp, verdict, score);
  answer.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !answer.value.trim()) return;
    event.preventDefault();
    judge();
  });

  const wanted = () =>
    frames[asked].kind === "forward" ? numbers.value[frames[asked].node] : numbers.records[asked].after;
  const near = (a, b) => Math.abs(a - b) <= Math.max(0.005 * Math.abs(b), 1e-12);

  // where the mistake lies: each leads to a number of its own
  function mistake(x) {
    if (frames[asked].kind !== "backward") return "compute the operation with the numbers above";
    const { upstream, local, contribution, before, after } = numbers.records[asked];
    const { node, parent } = frames[asked];
    const isOneOf = (...others) => others.some((other) => near(x, other) || near(x, before + other));
    if (before && near(x, contribution)) return "you forgot to add what had arrived before";
    if (isOneOf(local)) return "you forgot the upstream gradient";
    if (isOneOf(upstream)) return "you forgot the local derivative";
    if (near(x, -after) || near(x, before - contribution)) return "a sign is wrong";
    const others = [1 / local, numbers.value[node], numbers.value[parent]];
    if (isOneOf(...others.map((other) => upstream * other))) return "the local derivative is wrong";
    return "check the local derivative, then the sum";
  }

  function judge() {
    const [above, below = "1"] = answer.value.replace("−", "-").replace(",", ".").split("/");
    const x = answer.value.trim() ? Number(above) / Number(below) : NaN;
    if (Number.isNaN(x)) return write(verdict, "Type a number.");
    const isRight = near(x, wanted());
    count[isRight ? "right" : "wrong"]++;
    if (isRight) done("✓ right");
    else write(verdict, `✗ wrong: ${mistake(x)}`);
    write(score, `${count.right} right, ${count.wrong} wrong`);
  }

  function done(text) {
    known.add(asked);
    reveal();
    write(verdict, text);
  }

  // ask for the number of frame t
  function ask(t, name) {
    if (asked !== t) (write(verdict, ""), write(answer, ""));
    asked = t;
    form.hidden = !on;
    write(what, `${name} =`);
    for (const part of [question, check, giveUp]) part.hidden = !on || known.has(t);
    if (!question.hidden) answer.focus({ preventScroll: true });
  }

  // what has been shown before is known
  function turn(wantedOn, at) {
    on = wantedOn;
    known.clear();
    for (let t = 0; t <= at; t++) known.add(t);
  }

  return { form, ask, turn, hides: (t) => on && !known.has(t), get on() { return on; } };
}
