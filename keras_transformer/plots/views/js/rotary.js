// Rotary positions: pairs of numbers turn with the position, scores keep to the distance.
import { dot, turned } from "./arrays.js";
import { card, html, range, say, slider, status, svg, written } from "./base.js";

const RADIUS = 46;

export function render({ model, el }) {
  const { query, key, frequencies, last, title } = model.get("data");
  const chosen = { key: 0, distance: 1 };
  const longest = Math.max(...[...query, ...key].map((pair) => Math.hypot(...pair)));
  const line = status();

  const arrow = (name) => svg("line", { class: `kt-arrow kt-${name}`, x1: 0, y1: 0 });
  const dials = frequencies.map((frequency, i) => {
    const arrows = { query: arrow("query"), key: arrow("key") };
    const part = html("span", { class: "kt-number" });
    const circle = svg("circle", { r: RADIUS, class: "kt-circle" });
    const picture = svg(
      "svg",
      { viewBox: "-52 -52 104 104", "aria-hidden": true },
      circle,
      arrows.key,
      arrows.query,
    );
    const speed = `pair ${i + 1}: ${((frequency * 180) / Math.PI).toFixed(frequency < 0.1 ? 1 : 0)}° a step`;
    return { arrows, part, item: html("li", {}, picture, html("span", {}, speed), part) };
  });
  const score = (position, distance) =>
    frequencies.map((f, i) =>
      dot(turned(query[i], (position + distance) * f), turned(key[i], position * f)),
    );
  const total = (parts) => parts.reduce((sum, part) => sum + part, 0);

  // The score at every distance: one curve, wherever the key stands.
  const curve = range(last + 1).map((distance) => total(score(0, distance)));
  const [low, high] = [Math.min(...curve, 0), Math.max(...curve, 0)];
  const x = (distance) => (400 * distance) / last;
  const y = (value) => 84 - (78 * (value - low)) / (high - low || 1);
  const point = svg("circle", { r: 5, class: "kt-point" });
  const plot = svg(
    "svg",
    {
      class: "kt-plot",
      viewBox: "-6 0 412 90",
      role: "img",
      "aria-label": "Score by distance of query and key",
    },
    svg("line", { class: "kt-axis", x1: 0, x2: 400, y1: y(0), y2: y(0) }),
    svg("polyline", {
      class: "kt-curve",
      points: curve.map((value, d) => `${x(d)},${y(value)}`).join(" "),
    }),
    point,
  );

  function draw() {
    const [at, distance] = [chosen.key, chosen.distance];
    const parts = score(at, distance);
    dials.forEach(({ arrows, part }, i) => {
      const ends = {
        query: turned(query[i], (at + distance) * frequencies[i]),
        key: turned(key[i], at * frequencies[i]),
      };
      for (const [name, [a, b]] of Object.entries(ends)) {
        arrows[name].setAttribute("x2", (RADIUS * a) / longest);
        arrows[name].setAttribute("y2", (-RADIUS * b) / longest);
      }
      part.textContent = written(parts[i]);
    });
    point.setAttribute("cx", x(distance));
    point.setAttribute("cy", y(curve[distance]));
    say(
      line,
      `Query at ${at + distance}, key at ${at}: score ${written(total(parts))}. It depends on the distance alone, ${distance}.`,
    );
  }

  const set = (name) => (value) => {
    chosen[name] = value;
    draw();
  };
  const positions = range(last + 1);
  const sliders = [
    slider({ label: "Position of the key", values: positions, change: set("key") }),
    slider({
      label: "Distance to the query",
      values: positions,
      value: 1,
      change: set("distance"),
    }),
  ];
  const legend = html(
    "p",
    { class: "kt-legend" },
    html("span", { class: "kt-query" }, "query"),
    html("span", { class: "kt-key" }, "key"),
  );
  draw();
  card(
    el,
    title || "Rotary positions",
    title,
    html("div", { class: "kt-sliders" }, sliders),
    legend,
    html(
      "ul",
      { class: "kt-dials" },
      dials.map((one) => one.item),
    ),
    html("p", { class: "kt-head" }, "score by distance"),
    plot,
    line,
  );
}
