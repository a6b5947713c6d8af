// One model of the attention viewer: its pickers, its translation, its lines, its table.
import { changed, matrix, pieces } from "./arrays.js";
import { checkbox, html, picker, range, scrolled, unique, written } from "./base.js";
import { bipartite } from "./bipartite.js";

export function panel(given, { hide, tell }) {
  const whole = given.states[""];
  const first = Object.keys(whole.maps)[0];
  const chosen = { map: first, layer: null, head: null, gold: true };
  let state = whole; // what is shown, without the words of `key`
  let key = "";
  let map, weights;

  const controls = html("div", { class: "kt-controls" });
  const speech = html("p", { class: "kt-translation", dir: "auto" });
  const lines = bipartite({ hide, tell });
  const table = html("div");
  const summary = html("summary", {}, "All weights as a table");
  const details = html("details", { toggle: () => fill() }, summary, table);
  const title = given.name ? html("h3", { id: unique("panel") }, given.name) : null;
  const element = html(
    "section",
    { class: "kt-panel", "aria-labelledby": title?.id, "aria-label": title ? null : "Attention" },
    [title, controls, speech, lines.element, details],
  );

  const options = (count, name) => [
    { value: null, text: `mean of all ${count}` },
    ...range(count).map((i) => ({ value: i, text: `${name} ${i + 1}` })),
  ];
  const choose = (name) => (value) => {
    chosen[name] = value;
    if (name === "map") Object.assign(chosen, { layer: null, head: null });
    draw();
  };

  function control() {
    const [layers, count] = map.shape;
    const kinds = Object.keys(state.maps).map((name) => ({ value: name, text: name }));
    const pick = (label, name, from) =>
      picker({ label, options: from, value: chosen[name], change: choose(name) });
    const box = { label: "gold alignment", checked: chosen.gold, change: choose("gold") };
    const all = [
      pick("Attention", "map", kinds),
      layers > 1 ? pick("Layer", "layer", options(layers, "layer")) : null,
      count > 1 ? pick("Head", "head", options(count, "head")) : null,
      map.gold.length ? checkbox(box) : null,
    ];
    // Who has the focus keeps it.
    const held = [...controls.querySelectorAll("select, input")].indexOf(document.activeElement);
    controls.replaceChildren(...all.filter(Boolean));
    if (held >= 0) controls.querySelectorAll("select, input")[held]?.focus();
  }

  function draw() {
    if (!state.maps[chosen.map]) Object.assign(chosen, { map: first, layer: null, head: null });
    map = state.maps[chosen.map];
    weights = matrix(map, chosen.layer, chosen.head);
    const before = whole.maps[chosen.map].rows;
    const fresh = key && map.changes ? changed(before, map.rows) : [];
    control();
    say();
    lines.draw({
      map,
      weights,
      gold: chosen.gold ? map.gold : [],
      word: (s) => (map.hides && given.words ? given.source_words[s] : null),
      gone: (word) => key.split(",").includes(String(word)),
      fresh: (t) => fresh.includes(t),
    });
    fill();
  }

  // The translation; what has changed since a word was hidden is marked.
  function say() {
    const [before, after] = [pieces(whole.text ?? ""), pieces(state.text ?? "")];
    const fresh = new Set(key ? changed(before, after) : []);
    const marked = after.map((piece, i) =>
      fresh.has(i) && piece.trim() ? html("mark", {}, piece) : piece,
    );
    speech.hidden = state.text === undefined;
    speech.replaceChildren(...marked);
  }

  function fill() {
    if (!details.open) return table.replaceChildren();
    const name = (scope, text) => html("th", { scope }, html("bdi", {}, text));
    const names = map.columns.map((text) => name("col", text));
    const rows = map.rows.map((text, t) =>
      html(
        "tr",
        {},
        name("row", text),
        weights[t].map((weight) => html("td", {}, written(weight))),
      ),
    );
    const head = html("thead", {}, html("tr", {}, html("td"), names));
    table.replaceChildren(scrolled("Weights", html("table", {}, head, html("tbody", {}, rows))));
  }

  function show(wanted) {
    key = given.words ? wanted : "";
    state = given.states[key];
    draw();
  }

  draw();
  return { element, show, text: () => state.text ?? "" };
}
