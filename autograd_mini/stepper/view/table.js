// The table: a row for each node, with its number, its gradient, and what has arrived of it.

function autogradTable(root, data, history, numbers, words, jump) {
  const { element, region, write, mark } = autogradParts;
  const { nodes } = data;
  const { arrivals } = history;

  const rows = nodes.map((node, i) => {
    const title = `${node.name}: go to the step that finished it`;
    const button = element("button", { type: "button", title }, node.name);
    button.addEventListener("click", () => jump(i));
    const [value, gradient, state, sum] = ["value", "gradient", "state", "sum"].map((name) =>
      element("td", { class: name })
    );
    const head = element("th", { scope: "row" }, button);
    return { row: element("tr", {}, head, value, gradient, state, sum), value, gradient, state, sum };
  });
  const titles = ["node", "data", "gradient", "state", "what has arrived"];
  const heads = titles.map((title) => element("th", { scope: "col" }, title));
  const thead = element("thead", {}, element("tr", {}, ...heads));
  // rows are grids of the same columns: so the browser need not measure those out of sight
  const longest = Math.max(...nodes.map(({ name }) => name.length));
  root.classList.toggle("ags-long-names", longest > 12);
  const states = nodes.some((node) => node.right !== undefined) ? 15 : 9;
  const within = (low, high, x) => Math.max(low, Math.min(high, x));
  const widths = [within(4, 10, 0.62 * longest + 2), 6.2, 6.2, states].map((em) => `${em}em`);
  const style = `grid-template-columns: ${widths.join(" ")} minmax(0, 1fr)`;
  const tbody = element("tbody", {}, ...rows.map(({ row }) => row).reverse()); // the root first
  const table = region(root, "table", element("table", { style }, thead, tbody));
  table.tabIndex = 0; // so that the keys can scroll it

  const summand = (t, k) => words.product(t).replace(/^-\S+/, k ? "($&)" : "$&"); // + (-2) × 3

  // what node i shows: its number, its gradient, and whether the step is about it
  function show(i, at, { value, gradient, exact, isTarget, asks }) {
    const { row, ...cells } = rows[i]; // live.js may have put a field into a cell
    mark(row, { current: isTarget });
    row.toggleAttribute("data-now", isTarget);
    write(cells.value, value);
    write(cells.gradient, gradient);
    if (cells.gradient.title !== exact) cells.gradient.title = exact;
    write(cells.state, asks ? "?" : words.stateOf(i, at));
    const arrived = arrivals[i].filter((t) => history.stepOf(t) <= at);
    write(cells.sum, asks ? "?" : arrived.map(summand).join(" + "));
    if (arrived.length > 1) cells.sum.title = cells.sum.textContent; // which may be cut off
  }

  function scrollTo(i) {
    const { offsetTop, offsetHeight } = rows[i].row;
    const room = table.clientHeight - thead.offsetHeight - 1;
    const hidden = offsetTop - thead.offsetHeight - table.scrollTop; // negative: above the table
    if (hidden < 0 || hidden > room - offsetHeight) table.scrollTop += hidden - (room - offsetHeight) / 2;
  }

  return { table, rows, show, scrollTo };
}
