// Tokens on two sides, and lines between them that are as thick as weights.
import { html, range, svg, written } from "./base.js";

const ROW = 34; // pixels from one token to the next, as in the style sheet
const THICKEST = 15; // pixels of a weight of 1
const DRAWN = 0.01; // a smaller weight has no line
const STEPS = { ArrowDown: 1, ArrowUp: -1, Home: -1e6, End: 1e6 };
const SIDES = ["column", "row"]; // what is looked at, on the left, and who looks

export function bipartite({ hide, tell }) {
  const pinned = { side: null, index: 0 };
  let shown, tokens, lines;

  const part = (tag, side, kind, more) => html(tag, { class: `${kind} kt-${side}`, ...more });
  const heads = SIDES.map((side) => part("p", side, "kt-head"));
  const toolbar = { role: "toolbar", "aria-orientation": "vertical", keydown: move };
  const bars = SIDES.map((side) => part("div", side, "kt-tokens", toolbar));
  const picture = svg("svg", {
    class: "kt-lines",
    preserveAspectRatio: "none",
    "aria-hidden": true,
  });
  const element = html(
    "div",
    { class: "kt-between", mouseleave: () => look(pinned) },
    [heads[0], html("p"), heads[1]],
    [bars[0], picture, bars[1]],
  );

  // Draws `weights` [t][s] of a `map`, its gold alignment, and the state of each token:
  // `word(s)` that can be hidden, whether it is `gone(word)`, whether row t is `fresh(t)`.
  function draw(given) {
    shown = { labels: { column: given.map.column_label, row: given.map.row_label }, ...given };
    const held = bars.map((bar) => [...bar.children].indexOf(document.activeElement));
    tokens = Object.fromEntries(
      SIDES.map((side, i) => {
        const buttons = given.map[`${side}s`].map((text, place) => token(side, text, place));
        heads[i].textContent = shown.labels[side];
        bars[i].setAttribute("aria-label", shown.labels[side]);
        bars[i].replaceChildren(...buttons);
        rove(buttons, clamp(held[i], buttons));
        return [side, buttons];
      }),
    );
    if (pinned.side && pinned.index >= tokens[pinned.side].length) pinned.side = null;
    drawLines();
    look(pinned);
    // Who has the focus keeps it, on the token that stands there now.
    SIDES.forEach((side, i) => held[i] >= 0 && tokens[side][clamp(held[i], tokens[side])].focus());
  }

  function drawLines() {
    const height = ROW * Math.max(tokens.row.length, tokens.column.length);
    picture.setAttribute("viewBox", `0 0 100 ${height}`);
    picture.style.height = `${height}px`;
    const all = shown.weights.flatMap((row, t) => row.map((weight, s) => ({ weight, t, s })));
    lines = all.filter((one) => one.weight > DRAWN).sort((a, b) => a.weight - b.weight);
    for (const one of lines) {
      const weight = one.weight.toFixed(3);
      const style = `stroke-width:${(THICKEST * one.weight).toFixed(2)}px;--weight:${weight}`;
      const data = { "data-weight": weight, "data-line": `${one.t},${one.s}` };
      one.path = curve(one.t, one.s, { style, ...data });
    }
    const gold = shown.gold.map(([t, s]) =>
      curve(t, s, { class: "kt-gold", "data-gold": `${t},${s}` }),
    );
    picture.replaceChildren(...lines.map((one) => one.path), ...gold);
  }

  function curve(t, s, attributes) {
    const [begin, end] = [(s + 0.5) * ROW, (t + 0.5) * ROW];
    return svg("path", { d: `M0,${begin} C50,${begin} 50,${end} 100,${end}`, ...attributes });
  }

  const isPinned = (side, index) => pinned.side === side && pinned.index === index;

  // A token is a button: pressed, a source word is hidden, any other is held in view.
  function token(side, text, index) {
    const word = side === "column" ? shown.word(index) : null;
    const gone = word !== null && shown.gone(word);
    const fresh = side === "row" && shown.fresh(index);
    const hint = { true: "hidden, press to show", false: "press to hide" }[gone];
    return html(
      "button",
      {
        type: "button",
        class: ["kt-token", gone && "kt-gone", fresh && "kt-fresh"].filter(Boolean).join(" "),
        "aria-pressed": String(gone || isPinned(side, index)),
        "aria-description": word !== null ? hint : fresh ? "changed" : null,
        "data-pin": word === null ? "yes" : null,
        title: text,
        click: () => (word === null ? pin(side, index) : hide(word)),
        mouseenter: () => look({ side, index }),
        focus: () => look({ side, index }, true),
        blur: () => look(pinned),
      },
      html("bdi", {}, text),
      html("span", { class: "kt-weight", "aria-hidden": true }),
    );
  }

  function pin(side, index) {
    Object.assign(pinned, { side: isPinned(side, index) ? null : side, index });
    for (const name of SIDES)
      tokens[name].forEach((one, i) => {
        if (one.dataset.pin) one.setAttribute("aria-pressed", String(isPinned(name, i)));
      });
    look({ side, index });
  }

  // Shows the weights of one token, or of all where there is no side.
  function look({ side, index }, aloud = false) {
    const other = side === "row" ? "column" : "row";
    const of = (i) => (side === "row" ? shown.weights[index][i] : shown.weights[i][index]);
    const at = ({ t, s }) => (side === "row" ? t : s) === index;
    element.classList.toggle("kt-looking", Boolean(side));
    lines.forEach((one) => one.path.classList.toggle("kt-seen", Boolean(side) && at(one)));
    for (const name of SIDES)
      tokens[name].forEach((button, i) => {
        const weight = side && name === other ? of(i) : 0;
        button.classList.toggle("kt-seen", isSame(side, index, name, i));
        button.style.setProperty("--weight", weight.toFixed(3));
        button.lastChild.textContent = weight > DRAWN ? written(weight) : "";
      });
    if (side && aloud) tell(sentence(side, index, other, of));
  }

  const isSame = (side, index, name, i) => side === name && index === i;

  function sentence(side, index, other, of) {
    const order = range(tokens[other].length).sort((a, b) => of(b) - of(a));
    const most = order.slice(0, 3).filter((i) => of(i) > DRAWN);
    const named = most.map((i) => `${shown.map[`${other}s`][i]} ${written(of(i))}`);
    const verb = side === "row" ? "looks at" : "is looked at by";
    return `${shown.map[`${side}s`][index]} ${verb} ${named.join(", ") || "nothing"}.`;
  }

  function move(event) {
    const side = SIDES[bars.indexOf(event.currentTarget)];
    const here = tokens[side].indexOf(document.activeElement);
    const across = { ArrowLeft: "column", ArrowRight: "row" }[event.key];
    if (event.key === "Escape") {
      pinned.side = null;
      hide(null);
    } else if (event.key in STEPS || (across && across !== side)) {
      const buttons = tokens[across ?? side];
      const next = clamp(here + (STEPS[event.key] ?? 0), buttons);
      rove(buttons, next);
      buttons[next].focus();
    } else return;
    event.preventDefault();
  }

  return { element, draw };
}

const clamp = (index, buttons) => Math.max(0, Math.min(buttons.length - 1, index));

// One token of a side is a stop of the Tab key, the others are reached by arrow keys.
const rove = (buttons, index) =>
  buttons.forEach((one, i) => one.setAttribute("tabindex", i === index ? 0 : -1));
