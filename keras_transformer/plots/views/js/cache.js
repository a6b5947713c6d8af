// A cache that fills: what each step computes, with kept keys and values and without.
import { card, html, range, say, scrolled, slider, status } from "./base.js";

const ROWS = [
  { name: "with a cache", computed: (position, step) => position === step },
  { name: "without", computed: (position, step) => position <= step },
];

export function render({ model, el }) {
  const { tokens, title } = model.get("data");
  const line = status();
  const rows = ROWS.map(({ name, computed }) => ({
    computed,
    total: html("td", { class: "kt-number" }),
    cells: tokens.map(() => html("td", {}, html("span"))),
    name,
  }));
  const heads = tokens.map((token) => html("th", { scope: "col" }, html("bdi", {}, token)));
  const table = html(
    "table",
    { class: "kt-cache" },
    html("thead", {}, html("tr", {}, html("td"), heads, html("th", { scope: "col" }, "in all"))),
    html(
      "tbody",
      {},
      rows.map((row) =>
        html("tr", {}, html("th", { scope: "row" }, row.name), row.cells, row.total),
      ),
    ),
  );

  function draw(step) {
    heads.forEach((head, position) => head.toggleAttribute("data-future", position > step));
    const totals = rows.map(({ computed, cells, total }) => {
      cells.forEach((cell, position) => {
        const kind = position > step ? "empty" : computed(position, step) ? "new" : "kept";
        cell.dataset.kind = kind;
        cell.firstChild.textContent = { empty: "", new: "new", kept: "kept" }[kind];
      });
      const each = range(step + 1).map(
        (t) => range(t + 1).filter((position) => computed(position, t)).length,
      );
      const sum = each.reduce((a, b) => a + b, 0);
      total.textContent = String(sum);
      return sum;
    });
    say(
      line,
      `Step ${step + 1} reads ${tokens[step]}. Pairs of key and value computed so far: ${totals[0]} with a cache, ${totals[1]} without.`,
    );
  }

  const first = Math.min(3, tokens.length - 1);
  const steps = slider({
    label: "Step",
    values: range(tokens.length),
    value: first,
    show: (t) => `${t + 1} of ${tokens.length}`,
    change: draw,
  });
  draw(first);
  card(
    el,
    title || "A cache of keys and values",
    title,
    html("div", { class: "kt-sliders" }, steps),
    scrolled("Keys and values of each position", table),
    line,
  );
}
