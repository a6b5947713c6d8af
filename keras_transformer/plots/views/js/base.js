// What all views share: elements, sliders, pickers, bars, and a line that is read aloud.

const maker =
  (create) =>
  (name, attributes = {}, ...children) => {
    const element = create(name);
    for (const [key, value] of Object.entries(attributes)) {
      if (typeof value === "function") element.addEventListener(key, value);
      else if (value !== null && value !== undefined && value !== false)
        element.setAttribute(key, value === true ? "" : value);
    }
    element.append(...children.flat().filter((child) => child !== null));
    return element;
  };
export const html = maker((name) => document.createElement(name));
export const svg = maker((name) => document.createElementNS("http://www.w3.org/2000/svg", name));

export const written = (number) => number.toFixed(2).replace("-", "−");

let count = 0;
export const unique = (name) => `kt-${name}-${(count += 1)}`;

// A card with a title; what a screen reader calls it stands in `label`.
export function card(el, label, title, ...children) {
  const heading = title ? html("p", { class: "kt-title", dir: "auto" }, title) : null;
  el.classList.add("kt-view");
  el.replaceChildren(
    html("div", { class: "kt-card", role: "group", "aria-label": label }, heading, ...children),
  );
}

// The line that says what is seen, for eyes and for screen readers.
export function status(text = "") {
  return html("p", { class: "kt-status", role: "status", "aria-live": "polite" }, text);
}

// Sets the text of a status only where it is another: nothing is read aloud twice.
export function say(line, text) {
  if (line.textContent !== text) line.textContent = text;
}

// One slider moves one thing: `change(value)` is called with one of `values`.
export function slider({ label, values, value = values[0], show = String, change }) {
  const id = unique("slider");
  const output = html("span", { class: "kt-value", "aria-hidden": true });
  const input = html("input", {
    type: "range",
    id,
    min: 0,
    max: values.length - 1,
    step: 1,
    value: Math.max(0, values.indexOf(value)),
    input: () => change(tell()),
  });
  const tell = () => {
    const chosen = values[Number(input.value)];
    output.textContent = show(chosen);
    input.setAttribute("aria-valuetext", show(chosen));
    return chosen;
  };
  tell();
  return html("div", { class: "kt-slider" }, html("label", { for: id }, label), input, output);
}

// A list to choose from; nothing where there is nothing to choose.
export function picker({ label, options, value, change }) {
  if (options.length < 2) return null;
  const select = html(
    "select",
    { change: () => change(options[select.selectedIndex].value) },
    options.map((one) => html("option", { selected: one.value === value }, one.text)),
  );
  return html("label", { class: "kt-picker" }, html("span", {}, label), select);
}

export function checkbox({ label, checked, change }) {
  const box = html("input", { type: "checkbox", checked, change: () => change(box.checked) });
  return html("label", { class: "kt-check" }, box, label);
}

// A bar a label. `update(values, cut)` draws values from 0 to `most`; what is cut is grey.
export function bars(labels, kind, most = 1) {
  const rows = labels.map((label) => {
    const bar = html("span", { class: "kt-bar" });
    const number = html("span", { class: "kt-number" });
    const name = html("bdi", { class: "kt-label" }, label);
    const room = html("span", { class: "kt-room" }, bar);
    return { item: html("li", {}, name, room, number), bar, number };
  });
  const update = (values, cut = () => false) => {
    rows.forEach(({ item, bar, number }, i) => {
      item.classList.toggle("kt-cut", cut(i));
      bar.style.width = `${Math.min(100, (100 * values[i]) / most)}%`;
      number.textContent = cut(i) ? "cut" : written(values[i]);
    });
  };
  return {
    element: html(
      "ul",
      { class: `kt-bars kt-${kind}` },
      rows.map((r) => r.item),
    ),
    update,
  };
}

// What is wider than its card is scrolled within it, by keyboard too.
export function scrolled(label, ...children) {
  return html(
    "div",
    { class: "kt-scroll", role: "region", tabindex: 0, "aria-label": label },
    ...children,
  );
}

export const range = (count, first = 0) => Array.from({ length: count }, (_, i) => first + i);
