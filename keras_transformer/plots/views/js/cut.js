// What temperature, top-k, top-p and min-p leave of the probabilities of the next token.
import { cut } from "./arrays.js";
import { bars, card, html, range, say, slider, status } from "./base.js";

export function render({ model, el }) {
  const { tokens, probabilities, title } = model.get("data");
  const count = tokens.length;
  const chosen = { temperature: 1, topK: null, topP: 1, minP: 0 };
  const shown = bars(tokens, "probabilities");
  const line = status();

  function draw() {
    const left = cut(probabilities, chosen);
    const kept = left.filter((p) => p > 0).length;
    shown.update(left, (i) => left[i] === 0);
    say(line, `${kept} of ${count} tokens can be drawn.`);
  }

  const add = (name, label, values, value, show) =>
    slider({
      label,
      values,
      value,
      show,
      change: (given) => {
        chosen[name] = given;
        draw();
      },
    });
  const shares = range(20, 1).map((i) => i / 20);
  const sliders = [
    add("temperature", "Temperature", [0.2, 0.3, 0.5, 0.7, 1, 1.5, 2, 3], 1),
    add("topK", "Top-k", [...range(count - 1, 1), null], null, (k) =>
      k === null ? "all" : String(k),
    ),
    add("topP", "Top-p", shares, 1, (p) => (p === 1 ? "all" : p.toFixed(2))),
    add("minP", "Min-p", [0, ...shares], 0, (p) => (p === 0 ? "all" : p.toFixed(2))),
  ];
  draw();
  card(
    el,
    title || "Filters of sampling",
    title,
    html("div", { class: "kt-sliders" }, sliders),
    shown.element,
    line,
  );
}
