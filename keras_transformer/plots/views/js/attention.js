// The attention viewer: tokens on both sides, lines as thick as weights between them.
//
// `data.panels` are models side by side. A panel has `states`: what the model does with
// all source words (""), or without some, by their numbers ("2", "0,2"). A live view asks
// the kernel for states that it lacks; another has those of single words, and of these one
// kind of attention.
import { card, html, say, status } from "./base.js";
import { panel } from "./panel.js";

const HINT = "Point at a word, or reach it by Tab and arrow keys, to see its weights.";
const HIDE = " Press a source word to hide it from the model.";

export function render({ model, el }) {
  const data = model.get("data");
  const hidden = new Set();
  const canHide = data.panels.some((one) => one.words);
  const line = status(HINT + (canHide ? HIDE : ""));
  const restore = html(
    "button",
    { class: "kt-restore", type: "button", hidden: true, click: () => hide(null) },
    "Show all words",
  );
  const keyOf = (words) => [...words].sort((a, b) => a - b).join(",");
  const whole = (one, key) =>
    Object.keys(one.states[""].maps).every((name) => one.states[key]?.maps[name]);
  const known = (key) =>
    data.panels.every((one) => !one.words || (data.live ? whole(one, key) : key in one.states));
  let asked = "";

  // Hides a word, or shows it again; `null` shows all of them.
  function hide(word) {
    const before = new Set(hidden);
    if (word === null) hidden.clear();
    else if (!hidden.delete(word)) hidden.add(word);
    asked = keyOf(hidden);
    if (known(asked)) return show();
    if (data.live) {
      el.setAttribute("aria-busy", "true");
      say(line, "The model translates …");
      model.send({ hide: [...hidden] });
      return;
    }
    // Only single words were computed beforehand: the last one that was pressed.
    hidden.clear();
    if (!before.has(word)) hidden.add(word);
    show(" Several words at once need a running kernel.");
  }

  function show(more = "") {
    el.removeAttribute("aria-busy");
    const key = keyOf(hidden);
    panels.forEach((one) => one.show(key));
    restore.hidden = !hidden.size;
    const words = data.panels[0].words ?? [];
    const names = [...hidden].map((word) => `“${words[word]}”`).join(", ");
    const results = data.panels.map(
      (one, i) => `${one.name ? `${one.name}: ` : ""}${panels[i].text()}`,
    );
    say(line, hidden.size ? `Without ${names} → ${results.join(" · ")}${more}` : HINT + HIDE);
  }

  if (data.live)
    model.on("msg:custom", (answer) => {
      answer.states.forEach((state, i) => (data.panels[i].states[answer.key] = state));
      if (answer.key === keyOf(hidden)) show();
    });

  const panels = data.panels.map((one) => panel(one, { hide, tell: (text) => say(line, text) }));
  card(
    el,
    data.title || "Attention weights",
    data.title,
    html(
      "div",
      { class: "kt-panels" },
      panels.map((one) => one.element),
    ),
    html("div", { class: "kt-foot" }, line, restore),
  );
}
