// Tables that sort, and what scrolls within reach of the keyboard.
"use strict";

// "664,608" and "12.7%" are numbers; what is none sorts behind them.
function number(text) {
  const value = parseFloat(text.replace(/,/g, "").replace("−", "-"));
  return Number.isNaN(value) ? Infinity : value;
}

function sortRows(table, column, header) {
  const ascending = header.getAttribute("aria-sort") !== "ascending";
  for (const other of table.querySelectorAll("th")) other.removeAttribute("aria-sort");
  header.setAttribute("aria-sort", ascending ? "ascending" : "descending");
  const body = table.tBodies[0];
  const text = (row) => row.cells[column].textContent.trim();
  const rows = [...body.rows].sort((a, b) => {
    const [x, y] = [number(text(a)), number(text(b))];
    const order = x === y ? text(a).localeCompare(text(b)) : x < y ? -1 : 1;
    return ascending ? order : -order;
  });
  body.append(...rows);
}

for (const table of document.querySelectorAll("article .table-wrapper table")) {
  if (!table.tHead || table.tBodies[0].rows.length < 3) continue;
  [...table.tHead.rows[0].cells].forEach((header, column) => {
    if (!header.textContent.trim()) return;
    const button = document.createElement("button");
    button.append(...header.childNodes);
    button.addEventListener("click", () => sortRows(table, column, header));
    header.append(button);
  });
}

const wide =
  ".highlight pre, .table-wrapper, .output.text_html, .cell_output pre, math[display=block]";
for (const box of document.querySelectorAll(wide)) {
  if (box.scrollWidth > box.clientWidth) box.setAttribute("tabindex", "0");
}
