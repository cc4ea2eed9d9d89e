// The page on which a network learns: its regions, its loss, its cards, and the steps of an example.

import { Python, insert } from "./page.mjs";

const page = document.querySelector(".live-train");
const find = (name) => page.querySelector(`[name=${name}]`);
const [canvas, curve] = page.querySelectorAll("canvas");
const status = page.querySelector("[role=status]");
const [picture, steps] = [page.querySelector("#picture"), page.querySelector("#output")];
const button = { train: find("train"), stop: find("stop"), step: find("step") };
const RANGE = [-2, 3];
const COLOURS = ["#0b5394", "#a63a00"]; // of the classes 0 and 1
let [own, chosen, latest, isLearning, isStarted] = [[], 0, null, false, false];

function changed(state) {
  document.body.dataset.state = isLearning && state === "done" ? "running" : state;
  if (state === "loading") status.textContent = "Python is loading…";
  else if (!latest) status.textContent = "";
  button.stop.disabled = !isLearning;
}
const python = new Python(changed, () => {});

const place = (x) => ((x - RANGE[0]) / (RANGE[1] - RANGE[0])) * canvas.width;
const number = (x) => Number(x.toPrecision(3));

function drawRegions({ points, grid }) {
  const pen = canvas.getContext("2d");
  const size = canvas.width / grid.length;
  const pale = (share, of) => of.map((c) => 255 - Math.round((255 - c) * share));
  const mixed = (p) => `rgb(${pale(Math.abs(1.4 * p - 0.7), p < 0.5 ? [11, 83, 148] : [200, 90, 20])})`;
  grid.forEach((row, j) =>
    row.forEach((p, i) => {
      pen.fillStyle = mixed(p);
      pen.fillRect(i * size, canvas.height - (j + 1) * size, size, size);
    }),
  );
  points.forEach(([x, y, label], k) => {
    pen.beginPath();
    if (label) pen.rect(place(x) - 5, canvas.height - place(y) - 5, 10, 10);
    else pen.arc(place(x), canvas.height - place(y), 6, 0, 7);
    pen.fillStyle = COLOURS[label];
    pen.fill();
    pen.lineWidth = k === chosen ? 4 : 1.5;
    pen.strokeStyle = k === chosen ? "#000" : "#fff";
    pen.stroke();
  });
}

function drawCurve({ losses }) {
  const pen = curve.getContext("2d");
  const top = Math.max(...losses, 0.1);
  pen.clearRect(0, 0, curve.width, curve.height);
  pen.strokeStyle = getComputedStyle(page).color;
  pen.lineWidth = 2;
  pen.beginPath();
  losses.forEach((y, i) =>
    pen.lineTo((i / Math.max(losses.length - 1, 1)) * curve.width, (1 - y / top) * (curve.height - 4) + 2),
  );
  pen.stroke();
}

async function ask(request) {
  const { html, error } = await python.ask("train", JSON.stringify({ range: RANGE, ...request }));
  if (error !== undefined) {
    isLearning = false;
    status.textContent = error;
    return null;
  }
  const answer = JSON.parse(html);
  if (answer.steps) return insert(steps, answer.steps);
  latest = answer;
  drawRegions(answer);
  drawCurve(answer);
  if (answer.picture) picture.innerHTML = answer.picture;
  const loss = answer.loss === null ? "" : `, loss ${number(answer.loss)}`;
  status.textContent = `epoch ${answer.epoch}${loss}, ${Math.round(100 * answer.accuracy)} % right`;
  return answer;
}

function settings() {
  const hidden = find("hidden").value.split(/[\s,]+/).filter(Boolean).map(Number);
  if (!hidden.length || hidden.some((n) => !Number.isInteger(n) || n < 1 || n > 12))
    return "hidden layers: one to twelve neurons each, such as 4 4";
  const rate = Number(find("rate").value);
  if (!(rate > 0)) return "the learning rate is a number above 0";
  const data = find("data").value;
  if (data === "own" && own.length < 2) return "set two points or more: a click is class 0, with Shift class 1";
  return { data, hidden, rate, points: own, seed: 1 };
}

async function start() {
  const given = settings();
  if (typeof given === "string") return void (status.textContent = given);
  chosen = 0;
  steps.replaceChildren();
  isStarted = true;
  return ask({ start: given, picture: chosen });
}

button.train.onclick = async () => {
  if (isLearning) return;
  isLearning = true;
  if (!isStarted) await start();
  while (isLearning && isStarted) await ask({ learn: 0.1, picture: chosen });
  isLearning = false;
  changed(document.body.dataset.state === "error" ? "error" : "done");
};
button.stop.onclick = () => (isLearning = false);
button.step.onclick = async () => {
  isLearning = false;
  if (!isStarted) await start();
  if (isStarted) await ask({ example: chosen });
};
for (const name of ["data", "hidden", "rate"])
  find(name).onchange = () => {
    isLearning = isStarted = false;
    if (find("data").value === "own" && own.length < 2)
      status.textContent = "a click sets a point of class 0, with Shift of class 1";
    else start();
  };
canvas.onclick = (event) => {
  const box = canvas.getBoundingClientRect();
  const [u, v] = [(event.clientX - box.left) / box.width, 1 - (event.clientY - box.top) / box.height];
  const at = [u, v].map((t) => RANGE[0] + t * (RANGE[1] - RANGE[0]));
  if (find("data").value === "own") {
    own.push([...at, event.shiftKey ? 1 : 0]);
    isLearning = isStarted = false;
    drawRegions({ points: own, grid: [[0.5]] });
  } else if (latest) {
    const distance = ([x, y]) => (x - at[0]) ** 2 + (y - at[1]) ** 2;
    chosen = latest.points.reduce((best, p, k) => (distance(p) < distance(latest.points[best]) ? k : best), 0);
    drawRegions(latest);
    if (!isLearning) ask({ picture: chosen });
  }
};
start();
