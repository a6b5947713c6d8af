// Attention row by row: a slider walks through the steps in which a translation is written.
import { card, html, range, say, scrolled, slider, status, written } from "./base.js";

export function render({ model, el }) {
  const { source, target, weights, title } = model.get("data");
  const line = status();
  const table = html("table", { class: "kt-steps" });
  const heads = target.map((token) =>
    html("th", { scope: "col", class: "kt-row" }, html("bdi", {}, token)),
  );
  const cells = source.map((_, s) =>
    target.map((_, t) =>
      html(
        "td",
        { style: `--weight:${weights[t][s].toFixed(3)}` },
        html("span", {}, written(weights[t][s])),
      ),
    ),
  );
  table.append(
    html("thead", {}, html("tr", {}, html("td"), heads)),
    html(
      "tbody",
      {},
      source.map((token, s) =>
        html(
          "tr",
          {},
          html("th", { scope: "row", class: "kt-column" }, html("bdi", {}, token)),
          cells[s],
        ),
      ),
    ),
  );

  function draw(step) {
    const state = (t) => (t < step ? "past" : t === step ? "now" : "future");
    [heads, ...cells].forEach((row) => row.forEach((cell, t) => (cell.dataset.step = state(t))));
    const order = range(source.length)
      .sort((a, b) => weights[step][b] - weights[step][a])
      .slice(0, 2);
    const most = order.map((s) => `${source[s]} ${written(weights[step][s])}`).join(", ");
    say(
      line,
      `Step ${step + 1} writes ${target[step]}, looking at ${most}. Written so far: ${target.slice(0, step + 1).join(" ")}`,
    );
  }

  const first = Math.min(2, target.length - 1);
  const steps = slider({
    label: "Decoding step",
    values: range(target.length),
    value: first,
    show: (t) => `${t + 1} of ${target.length}`,
    change: draw,
  });
  draw(first);
  card(
    el,
    title || "Decoding steps",
    title,
    html("div", { class: "kt-sliders" }, steps),
    scrolled("Attention, a column a step", table),
    line,
  );
}
