// Beam search as a tree: hypotheses that go on, that end, and that are dropped.
import { card, html, range, say, scrolled, slider, status, svg } from "./base.js";

const [WIDE, HIGH, BOX] = [124, 54, 96];
const FATE = { live: "goes on", ended: "ends", dropped: "is dropped" };

export function render({ model, el }) {
  const { nodes, best, title } = model.get("data");
  const last = Math.max(...nodes.map((node) => node.step));
  const most = Math.max(...nodes.map((node) => node.rank)) + 1;
  const line = status();
  const list = html("ol", { class: "kt-list" });
  const centre = (node) => [node.step * WIDE + BOX / 2 + 4, (node.rank + 0.5) * HIGH];
  const way = (id) => (id === null ? [] : [id, ...way(nodes[id].parent)]);
  const winner = new Set(way(best));

  const drawn = nodes.map((node, id) => {
    const [x, y] = centre(node);
    const parts = [];
    if (node.parent !== null) {
      const [fromX, fromY] = centre(nodes[node.parent]);
      const [begin, end] = [fromX + BOX / 2, x - BOX / 2];
      const middle = (begin + end) / 2;
      parts.push(
        svg("path", {
          class: "kt-edge",
          d: `M${begin},${fromY} C${middle},${fromY} ${middle},${y} ${end},${y}`,
        }),
      );
    }
    const place = { x, "text-anchor": "middle" };
    parts.push(
      svg("rect", { x: x - BOX / 2, y: y - 21, width: BOX, height: 42, rx: 8 }),
      svg(
        "text",
        { ...place, y: node.parent === null ? y + 5 : y - 3, class: "kt-word" },
        node.token,
      ),
      svg(
        "text",
        { ...place, y: y + 14, class: "kt-small" },
        node.parent === null ? "" : node.written,
      ),
    );
    return svg("g", { class: `kt-node kt-${node.fate}`, "data-node": id }, parts);
  });
  // Edges of what is dropped lie below the others.
  const order = range(nodes.length).sort(
    (a, b) => (nodes[a].fate === "dropped" ? -1 : 0) - (nodes[b].fate === "dropped" ? -1 : 0),
  );
  const size = [(last + 1) * WIDE - WIDE + BOX + 8, most * HIGH];
  const picture = svg(
    "svg",
    {
      class: "kt-tree",
      viewBox: `0 0 ${size.join(" ")}`,
      width: size[0],
      height: size[1],
      "aria-hidden": true,
    },
    order.map((id) => drawn[id]),
  );

  function draw(step) {
    drawn.forEach((group, id) => {
      const node = nodes[id];
      group.toggleAttribute("data-future", node.step > step);
      group.classList.toggle("kt-now", node.step === step);
      group.classList.toggle("kt-best", step === last && winner.has(id));
    });
    const now = nodes.filter((node) => node.step === step);
    list.replaceChildren(
      ...now.map((node) =>
        html(
          "li",
          { class: `kt-${node.fate}` },
          `${node.said} ${node.written} `,
          html("b", {}, FATE[node.fate]),
        ),
      ),
    );
    const counts = Object.keys(FATE).map((fate) => [
      now.filter((node) => node.fate === fate).length,
      fate,
    ]);
    const told = counts
      .filter(([n]) => n)
      .map(
        ([n, fate]) =>
          `${n} ${n === 1 ? FATE[fate] : { live: "go on", ended: "end", dropped: "are dropped" }[fate]}`,
      );
    const found =
      step === last && best !== null ? ` Best: ${nodes[best].said} ${nodes[best].written}` : "";
    say(line, `Step ${step}: ${told.join(", ")}.${found}`);
  }

  const steps = slider({
    label: "Step",
    values: range(last, 1),
    value: last,
    show: (step) => `${step} of ${last}`,
    change: draw,
  });
  draw(last);
  card(
    el,
    title || "Beam search",
    title,
    html("div", { class: "kt-sliders" }, steps),
    scrolled("The tree of hypotheses", picture),
    list,
    line,
  );
}
