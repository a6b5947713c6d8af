// One model of the attention viewer: its pickers, its translation, its lines.
import { changed, matrix } from "./arrays.js";
import { checkbox, html, picker, range, scrolled, svg, unique, written } from "./base.js";

const ROW = 34; // pixels from one token to the next, as in the style sheet
const THICKEST = 15; // pixels of a weight of 1
const DRAWN = 0.01; // a smaller weight has no line
const STEPS = { ArrowDown: 1, ArrowUp: -1, Home: -1e6, End: 1e6 };

export function panel(given, { hide, tell }) {
  const first = Object.keys(given.states[""].maps)[0];
  const chosen = { map: first, layer: null, head: null, gold: true };
  const pinned = { side: null, index: 0 };
  let state = given.states[""]; // what is shown
  let map, weights, tokens, lines; // and its parts
  let key = "";

  const controls = html("div", { class: "kt-controls" });
  const speech = html("p", { class: "kt-translation", dir: "auto" });
  const picture = svg("svg", { class: "kt-lines", preserveAspectRatio: "none", "aria-hidden": true });
  const sides = {
    column: html("div", { class: "kt-tokens kt-column", role: "toolbar", "aria-orientation": "vertical", keydown: move }),
    row: html("div", { class: "kt-tokens kt-row", role: "toolbar", "aria-orientation": "vertical", keydown: move }),
  };
  const heads = { column: html("p", { class: "kt-head kt-column" }), row: html("p", { class: "kt-head kt-row" }) };
  const between = html("div", { class: "kt-between", mouseleave: () => look(pinned) }, heads.column, html("p"), heads.row, sides.column, picture, sides.row);
  const table = html("div");
  const details = html("details", { toggle: () => fill() }, html("summary", {}, "All weights as a table"), table);
  const title = given.name ? html("h3", { id: unique("panel") }, given.name) : null;
  const element = html("section", { class: "kt-panel", "aria-labelledby": title?.id, "aria-label": title ? null : "Attention" }, title, controls, speech, between, details);

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
    const [layer, head] = [options(layers, "layer"), options(count, "head")];
    controls.replaceChildren(
      ...[
        picker({ label: "Attention", options: Object.keys(state.maps).map((n) => ({ value: n, text: n })), value: chosen.map, change: choose("map") }),
        layers > 1 && picker({ label: "Layer", options: layer, value: chosen.layer, change: choose("layer") }),
        count > 1 && picker({ label: "Head", options: head, value: chosen.head, change: choose("head") }),
        map.gold?.length && checkbox({ label: "gold alignment", checked: chosen.gold, change: choose("gold") }),
      ].filter(Boolean),
    );
  }

  function draw() {
    const focus = controls.contains(document.activeElement) ? [...controls.querySelectorAll("select,input")].indexOf(document.activeElement) : -1;
    if (!state.maps[chosen.map]) Object.assign(chosen, { map: first, layer: null, head: null });
    map = state.maps[chosen.map];
    weights = matrix(map, chosen.layer, chosen.head);
    control();
    if (focus >= 0) controls.querySelectorAll("select,input")[focus]?.focus();
    say();
    const height = ROW * Math.max(map.rows.length, map.columns.length);
    picture.setAttribute("viewBox", `0 0 100 ${height}`);
    picture.style.height = `${height}px`;
    const held = {};
    const at = (side) => {
      held[side] = [...sides[side].children].indexOf(document.activeElement);
      heads[side].textContent = side === "row" ? map.row_label : map.column_label;
      const buttons = map[`${side}s`].map((text, i) => token(side, text, i));
      sides[side].setAttribute("aria-label", heads[side].textContent);
      sides[side].replaceChildren(...buttons);
      rove(buttons, Math.max(0, Math.min(held[side], buttons.length - 1)));
      return buttons;
    };
    tokens = { column: at("column"), row: at("row") };
    if (pinned.side && pinned.index >= tokens[pinned.side].length) pinned.side = null;
    lines = [];
    weights.forEach((row, t) => row.forEach((weight, s) => weight > DRAWN && lines.push(line(weight, t, s))));
    lines.sort((a, b) => a.weight - b.weight);
    const gold = chosen.gold ? (map.gold ?? []).map(([t, s]) => curve(t, s, { class: "kt-gold", "data-gold": `${t},${s}` })) : [];
    picture.replaceChildren(...lines.map((one) => one.path), ...gold);
    if (details.open) fill();
    look(pinned);
    // Who has the focus keeps it, on the token that stands there now.
    for (const [side, index] of Object.entries(held))
      if (index >= 0) tokens[side][Math.min(index, tokens[side].length - 1)].focus();
  }

  function curve(t, s, attributes) {
    const [y, end] = [(s + 0.5) * ROW, (t + 0.5) * ROW];
    return svg("path", { d: `M0,${y} C50,${y} 50,${end} 100,${end}`, ...attributes });
  }

  function line(weight, t, s) {
    const style = `stroke-width:${(THICKEST * weight).toFixed(2)}px;--weight:${weight.toFixed(3)}`;
    return { weight, t, s, path: curve(t, s, { style, "data-weight": weight.toFixed(3), "data-line": `${t},${s}` }) };
  }

  // A token is a button: pressed, a source word is hidden, any other is held in view.
  function token(side, text, index) {
    const word = side === "column" && map.hides ? given.source_words[index] : null;
    const canHide = word !== null && word !== undefined;
    const gone = canHide && key.split(",").includes(String(word));
    const fresh = side === "row" && key && map.changes && state.fresh?.includes(index);
    const press = () => {
      if (canHide) return hide(word);
      const same = pinned.side === side && pinned.index === index;
      Object.assign(pinned, { side: same ? null : side, index });
      tokens[side].concat(tokens[side === "row" ? "column" : "row"]).forEach((one) => one.dataset.pin && one.setAttribute("aria-pressed", "false"));
      button.setAttribute("aria-pressed", String(!same));
      look({ side, index });
    };
    const button = html(
      "button",
      {
        type: "button",
        class: ["kt-token", gone && "kt-gone", fresh && "kt-fresh"].filter(Boolean).join(" "),
        "aria-pressed": String(gone || (pinned.side === side && pinned.index === index)),
        "aria-description": canHide ? (gone ? "hidden, press to show" : "press to hide") : fresh ? "changed" : null,
        "data-pin": canHide ? null : "yes",
        title: text,
        click: press,
        mouseenter: () => look({ side, index }),
        focus: () => look({ side, index }, true),
        blur: () => look(pinned),
      },
      html("bdi", {}, text),
      html("span", { class: "kt-weight", "aria-hidden": true }),
    );
    return button;
  }

  // Shows the weights of one token, or of all.
  function look({ side, index }, aloud = false) {
    const other = side === "row" ? "column" : "row";
    const of = (i) => (side === "row" ? weights[index][i] : weights[i][index]);
    between.classList.toggle("kt-looking", Boolean(side));
    lines.forEach(({ t, s, path }) => path.classList.toggle("kt-seen", side === "row" ? t === index : side === "column" && s === index));
    for (const name of ["row", "column"])
      tokens[name].forEach((button, i) => {
        const weight = side && name === other ? of(i) : 0;
        button.classList.toggle("kt-seen", side === name && index === i);
        button.style.setProperty("--weight", weight.toFixed(3));
        button.lastChild.textContent = weight > DRAWN ? written(weight) : "";
      });
    if (!side || !aloud) return;
    const order = range(tokens[other].length).sort((a, b) => of(b) - of(a)).slice(0, 3);
    const most = order.filter((i) => of(i) > DRAWN).map((i) => `${map[`${other}s`][i]} ${written(of(i))}`);
    const verb = side === "row" ? "looks at" : "is looked at by";
    tell(`${map[`${side}s`][index]} ${verb} ${most.join(", ") || "nothing"}.`);
  }

  function move(event) {
    const side = event.currentTarget === sides.row ? "row" : "column";
    const here = tokens[side].indexOf(document.activeElement);
    const across = { ArrowLeft: "column", ArrowRight: "row" }[event.key];
    if (event.key === "Escape") {
      pinned.side = null;
      hide(null);
    } else if (event.key in STEPS || (across && across !== side)) {
      const buttons = tokens[across ?? side];
      const next = Math.max(0, Math.min(buttons.length - 1, here + (STEPS[event.key] ?? 0)));
      rove(buttons, next);
      buttons[next].focus();
    } else return;
    event.preventDefault();
  }

  const rove = (buttons, index) => buttons.forEach((one, i) => one.setAttribute("tabindex", i === index ? 0 : -1));

  // The translation, with what has changed since a word was hidden.
  function say() {
    speech.hidden = state.text === undefined;
    if (!key) return speech.replaceChildren(state.text ?? "");
    const [before, after] = [given.states[""].text.split(" "), state.text.split(" ")];
    const fresh = changed(before, after);
    speech.replaceChildren(...after.flatMap((word, i) => [fresh.includes(i) ? html("mark", {}, word) : word, " "]));
  }

  function fill() {
    if (!details.open) return table.replaceChildren();
    const head = html("tr", {}, html("td"), map.columns.map((text) => html("th", { scope: "col" }, html("bdi", {}, text))));
    const body = map.rows.map((text, t) => html("tr", {}, html("th", { scope: "row" }, html("bdi", {}, text)), weights[t].map((w) => html("td", {}, written(w)))));
    table.replaceChildren(scrolled("Weights", html("table", { class: "kt-table" }, html("thead", {}, head), html("tbody", {}, body))));
  }

  function show(wanted) {
    key = given.words ? wanted : "";
    state = given.states[key];
    if (key) state.fresh = changed(given.states[""].maps[first].rows, state.maps[first].rows);
    draw();
  }

  draw();
  return { element, show, text: () => state.text ?? "" };
}
