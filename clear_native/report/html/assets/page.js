"use strict";
// Everything on the page is there without this script; it switches views, sorts tables and enlarges slices.

function setUpSwitches() {
  for (const input of document.querySelectorAll(".switch input")) {
    input.addEventListener("change", () => showView(input.name, input.value));
  }
}

function showView(group, view) {
  for (const part of document.querySelectorAll(`[data-group="${group}"]`)) {
    part.hidden = part.dataset.view !== view;
  }
}

function setUpSorting() {
  for (const button of document.querySelectorAll(".sortable thead button")) {
    button.addEventListener("click", () => sortBy(button.closest("th")));
  }
}

function sortBy(header) {
  const descending = header.getAttribute("aria-sort") === "ascending";
  for (const other of header.parentElement.children) other.removeAttribute("aria-sort");
  header.setAttribute("aria-sort", descending ? "descending" : "ascending");
  const body = header.closest("table").tBodies[0];
  const column = header.cellIndex;
  const rows = [...body.rows].sort((one, other) => {
    const [a, b] = [one, other].map((row) => row.cells[column].dataset.value);
    if (a === undefined || b === undefined) return (a === undefined) - (b === undefined); // absent last, both ways
    return descending ? -compare(a, b) : compare(a, b);
  });
  body.append(...rows);
}

function compare(a, b) {
  const [x, y] = [Number(a), Number(b)];
  return Number.isNaN(x) || Number.isNaN(y) ? a.localeCompare(b) : x - y;
}

function setUpFlames() {
  for (const flame of document.querySelectorAll(".flame")) {
    const slices = [...flame.querySelectorAll(".slice")];
    const detail = flame.parentElement.querySelector("[data-detail]");
    for (const slice of slices) {
      const tell = () => { detail.textContent = slice.getAttribute("aria-label"); };
      slice.addEventListener("mouseenter", tell);
      slice.addEventListener("focus", tell);
      slice.addEventListener("click", () => { enlarge(slices, slice); tell(); });
    }
    flame.addEventListener("keydown", (event) => moveBetween(slices, event));
    enlarge(slices, slices[0]);
  }
}

const main = document.querySelector("main");

function rangeOf(slice) {
  const begin = Number(slice.dataset.left);
  return { begin, width: Number(slice.dataset.width), depth: Number(slice.dataset.depth) };
}

function enlarge(slices, chosen) {
  const { begin, width } = rangeOf(chosen);
  for (const slice of slices) {
    const its = rangeOf(slice);
    const left = Math.max(0, (its.begin - begin) / width);
    const right = Math.min(1, (its.begin + its.width - begin) / width);
    slice.hidden = right - left < 1e-5;
    slice.style.left = `${100 * left}%`;
    slice.style.width = `${100 * Math.max(0, right - left)}%`;
    slice.classList.toggle("narrow", (right - left) * main.clientWidth < 24);
  }
}

// Arrow keys move to the neighbour of the same depth, to the parent, or to the first child; Escape shows all.
function moveBetween(slices, event) {
  const shown = slices.filter((slice) => !slice.hidden);
  const here = shown.indexOf(document.activeElement);
  if (here < 0) return;
  const at = rangeOf(shown[here]);
  const sameDepth = (slice) => rangeOf(slice).depth === at.depth;
  const before = shown.slice(0, here).reverse();
  const after = shown.slice(here + 1);
  const within = (slice) => rangeOf(slice).begin < at.begin + at.width;
  const target = {
    ArrowLeft: () => before.find(sameDepth),
    ArrowRight: () => after.find(sameDepth),
    ArrowUp: () => before.find((slice) => rangeOf(slice).depth === at.depth - 1),
    ArrowDown: () => after.find((slice) => rangeOf(slice).depth === at.depth + 1 && within(slice)),
    Home: () => shown[0],
    Escape: () => { enlarge(slices, slices[0]); return slices[0]; },
  }[event.key];
  if (target === undefined) return;
  event.preventDefault();
  const next = target();
  if (next === undefined) return;
  for (const slice of slices) slice.tabIndex = slice === next ? 0 : -1;
  next.focus();
}

setUpSwitches();
setUpSorting();
setUpFlames();
