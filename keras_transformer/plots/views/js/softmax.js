// Softmax under temperature, and under the width of the vectors whose products it sees.
import { softmax, spread } from "./arrays.js";
import { bars, card, checkbox, html, range, say, slider, status, written } from "./base.js";

const TEMPERATURES = [0.1, 0.2, 0.3, 0.5, 0.7, 1, 1.5, 2, 3, 5, 10];

export function render({ model, el }) {
  const { keys, widths, scores, title } = model.get("data");
  const chosen = { temperature: 1, width: 0, scaled: widths.length > 1 };
  const shown = bars(keys, "weights");
  const line = status();
  const several = widths.length > 1;

  function draw() {
    const scale = chosen.scaled ? Math.sqrt(widths[chosen.width]) : 1;
    const weights = softmax(
      scores[chosen.width].map((score) => score / scale),
      chosen.temperature,
    );
    shown.update(weights);
    const most = weights.indexOf(Math.max(...weights));
    say(
      line,
      `Most weight: ${keys[most]}, ${written(weights[most])}. As spread out as ${spread(weights).toFixed(1)} equal keys.`,
    );
  }

  const set = (name) => (value) => {
    chosen[name] = value;
    draw();
  };
  const temperature = slider({
    label: "Temperature",
    values: TEMPERATURES,
    value: 1,
    change: set("temperature"),
  });
  const width = slider({
    label: "Width d",
    values: range(widths.length),
    show: (i) => String(widths[i]),
    change: set("width"),
  });
  const scaled = checkbox({ label: "divide scores by √d", checked: true, change: set("scaled") });
  draw();
  card(
    el,
    title || "Softmax",
    title,
    html(
      "div",
      { class: "kt-sliders" },
      temperature,
      several ? width : null,
      several ? scaled : null,
    ),
    shown.element,
    line,
  );
}
