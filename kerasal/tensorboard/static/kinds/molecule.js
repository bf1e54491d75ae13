// Molecules: discs behind atoms, each half of a bond in the colour of its atom, letters and lines in ink that is legible there.
import { css, readableOn } from "../colors.js";
import { drawing, element } from "../element.js";

export const unsigned = "reds";
export const isPadding = ({ molecules }, example, k) => k >= molecules[example].atoms.length;
export const subject = ({ molecules }, example) => molecules[example];

const UNIT = 34; // pixels of RDKit's unit; a bond is 1.5 of them
const MARGIN = 1.0, DISC = 0.6, SMALLEST = 0.35, BAND = 0.56, APART = 0.2, FREE = 0.4, LETTER = 0.62; // units
const LABEL = /^((?:[⁰¹²³⁴-⁹]*[⁺⁻])?(?:H[₀-₉]*(?=[⁰¹²³⁴-⁹A-Z]))?[⁰¹²³⁴-⁹]*)([A-Z][a-z]?)(.*)$/u; // before, symbol, after

export function draw(pane, coloring, { side, point }) {
  const { atoms, bonds } = pane.facts.molecules[pane.example];
  const places = atoms.map(([, x, y]) => [x, -y]);
  const colors = atoms.map((_, k) => coloring.color(pane.values[k]));
  const [left, right, top, bottom] = [0, 1].flatMap((axis) => {
    const all = places.map((at) => at[axis]);
    return [Math.min(...all) - MARGIN, Math.max(...all) + MARGIN];
  });
  const zoom = Math.min(UNIT, side / Math.max(right - left, bottom - top));
  const svg = drawing("svg", {
    class: "molecule", viewBox: `${left} ${top} ${right - left} ${bottom - top}`,
    width: zoom * (right - left), height: zoom * (bottom - top),
  });
  const halves = bonds.flatMap(([a, b, order]) => {
    const middle = [0, 1].map((axis) => (places[a][axis] + places[b][axis]) / 2);
    return [[a, b, middle, order], [b, a, middle, order]];
  });
  for (const [a, , middle] of halves) {
    svg.append(line(places[a], middle, { stroke: css(colors[a]), "stroke-width": BAND, class: "band" }));
  }
  places.forEach(([cx, cy], k) => svg.append(drawing("circle", { class: "disc", cx, cy, r: radius(pane, k), fill: css(colors[k]) })));
  for (const [a, b, middle, order] of halves) svg.append(...lines(places, atoms, colors, a, b, middle, order));
  atoms.forEach(([label], k) => { if (label) svg.append(letters(label, places[k], colors[k])); });
  places.forEach(([cx, cy], k) => {
    const spot = drawing("circle", { class: "spot", cx, cy, r: DISC, tabindex: 0, "data-k": k });
    spot.onpointerenter = spot.onfocus = () => point(k);
    spot.onpointerleave = spot.onblur = () => point(null);
    svg.append(spot);
  });
  const nodes = [element("div", { className: "paper" }, svg)];
  if (pane.std) nodes.push(element("div", { className: "note" }, "small discs: below 2 standard deviations"));
  return { nodes, label: (k) => `atom ${k}${atoms[k][0] ? `, ${atoms[k][0]}` : ", C"}` };
}

// Discs shrink with doubt: full size at twice the standard deviation.
function radius(pane, k) {
  const sure = pane.std ? Math.min(1, Math.abs(pane.values[k]) / Math.max(2 * pane.std[k], 1e-12)) : 1;
  return DISC * (SMALLEST + (1 - SMALLEST) * sure);
}

// The half of a bond that is nearer to atom a, a line per order, kept off the letters.
function lines(places, atoms, colors, a, b, middle, order) {
  const [dx, dy] = [places[b][0] - places[a][0], places[b][1] - places[a][1]];
  const length = Math.hypot(dx, dy) || 1;
  const [ux, uy] = [dx / length, dy / length];
  const free = atoms[a][0] ? Math.min(FREE, 0.45 * length) : 0;
  const count = Math.max(1, Math.round(order));
  return Array.from({ length: count }, (_, k) => {
    const aside = (k - (count - 1) / 2) * APART;
    const moved = ([x, y], along) => [x + along * ux - aside * uy, y + along * uy + aside * ux];
    return line(moved(places[a], free), moved(middle, 0), { class: "bond", stroke: readableOn(colors[a]), "stroke-width": 0.06 });
  });
}

const line = ([x1, y1], [x2, y2], how) => drawing("line", { x1, y1, x2, y2, ...how });

// The element's symbol is over its atom, hydrogens and charge before or after it.
function letters(label, [x, y], color) {
  const [, before, symbol, after] = label.match(LABEL) ?? [null, "", label, ""];
  const half = (symbol.length > 1 ? 0.55 : 0.36) * LETTER;
  const anchor = before ? "end" : after ? "start" : "middle";
  const text = drawing("text", {
    x: x + { end: half, start: -half, middle: 0 }[anchor], y: y + 0.36 * LETTER, "text-anchor": anchor, "font-size": LETTER,
    fill: readableOn(color), stroke: css(color), class: "letters",
  });
  text.textContent = before + symbol + after;
  return text;
}
