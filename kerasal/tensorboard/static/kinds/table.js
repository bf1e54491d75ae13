// Tables: features as bars with whiskers of one standard deviation, and the strongest of them over the steps.
import { signBar } from "../color_bar.js";
import { drawing, element, short } from "../element.js";
import { lineChart } from "../line_chart.js";

export const hasBar = false;
export const gridBar = signBar;

const ROW = 20, LEFT = 140, WIDEST = 240, WIDTH = 280, MOST = 50, LINES = 8, HIGH = 140; // HIGH: pixels of a card
const COLORS = ["#1f77b4", "#ff7f0e", "#2ca02c", "#d62728", "#9467bd", "#a0705f", "#e377c2", "#17becf"];

export async function draw(pane, scale, tools) {
  const { about, facts, values, std } = pane;
  const columns = facts.columns?.length === values.length ? facts.columns : null;
  const label = (k) => (columns ? columns[k] : `feature ${k}`);
  const order = orderOf(values, tools.state.quantity === "values" ? std : null, label, tools.state.tableSort);
  const nodes = [bars(values, tools.state.quantity === "values" ? std : null, label, scale, tools, order)];
  if (!pane.isDifference && about.steps.length > 1) nodes.push(await overSteps(pane, label, tools));
  return { nodes, label };
}

export const sorts = [["position", "position"], ["strength", "strength"], ["name", "name"], ["value", "value"], ["std", "standard deviation"]];

// The strongest features, sorted.
function orderOf(values, std, label, sort) {
  const shown = strongest([...values].map(Math.abs), MOST);
  const by = {
    position: (a, b) => a - b, name: (a, b) => String(label(a)).localeCompare(String(label(b)), undefined, { numeric: true }),
    value: (a, b) => values[b] - values[a], std: (a, b) => (std ? std[b] - std[a] : 0), strength: () => 0,
  }[sort] ?? (() => 0);
  return shown.sort(by);
}

// For the grid: bars without words.
export function small({ values }, { limit, signed }, { side }) {
  const shown = strongest([...values].map(Math.abs), 12).sort((a, b) => a - b);
  const row = Math.min(22, HIGH / shown.length); // pixels
  const svg = drawing("svg", { class: "bars", width: side, height: row * shown.length, role: "presentation" });
  const at = (value) => side * Math.min(1, Math.max(0, signed ? (value / limit + 1) / 2 : value / limit));
  shown.forEach((k, place) => {
    const [from, to] = [at(0), at(values[k])];
    svg.append(drawing("rect", {
      x: Math.min(from, to), y: row * place, width: Math.abs(to - from), height: 0.8 * row, class: values[k] < 0 ? "negative" : "positive",
    }));
  });
  svg.append(drawing("line", { class: "zero", x1: at(0), x2: at(0), y1: 0, y2: row * shown.length }));
  return { nodes: [svg] };
}

function bars(values, std, label, { limit, signed }, { point, width: room }, shown) {
  const reach = 1.1 * Math.max(limit, ...shown.map((k) => Math.abs(values[k]) + (std ? std[k] : 0)));
  const width = widths();
  const words = std ? 110 : 70; // pixels of the numbers
  const left = Math.min(WIDEST, 0.4 * room, Math.max(Math.min(LEFT, 0.4 * room), ...shown.map((k) => width(label(k)) + 12)));
  const across = Math.max(60, Math.min(WIDTH, room - left - words));
  const at = (value) => left + across * (signed ? (value / reach + 1) / 2 : value / reach);
  const svg = drawing("svg", { class: "bars", width: left + across + words, height: ROW * shown.length + 8 });
  shown.forEach((k, row) => {
    const y = ROW * row + 4;
    const [from, to] = [at(0), at(values[k])];
    const name = drawing("text", { x: left - 8, y: y + 13, "text-anchor": "end" });
    name.textContent = fitted(String(label(k)), left - 12, width);
    const number = drawing("text", { x: left + across + 6, y: y + 13 });
    number.textContent = short(values[k]) + (std ? ` ± ${short(std[k])}` : "");
    const bar = drawing("rect", {
      x: Math.min(from, to), y, width: Math.abs(to - from), height: ROW - 5, class: values[k] < 0 ? "negative" : "positive",
    });
    const line = drawing("g", { tabindex: 0, role: "img", "aria-label": `${label(k)}: ${short(values[k])}`, "data-k": k }, drawing("title", {}, label(k)), name, number, bar);
    if (std) {
      const [low, high] = [at(values[k] - std[k]), at(values[k] + std[k])];
      line.append(drawing("line", { class: "whisker", x1: low, x2: high, y1: y + 7.5, y2: y + 7.5 }));
    }
    line.onpointerenter = line.onfocus = () => point(k);
    line.onpointerleave = line.onblur = () => point(null);
    svg.append(line);
  });
  svg.append(drawing("line", { class: "zero", x1: at(0), x2: at(0), y1: 0, y2: ROW * shown.length + 4 }));
  return svg;
}

// Pixels of a text, as style.css writes it.
function widths() {
  const context = document.createElement("canvas").getContext("2d");
  context.font = `12px ${getComputedStyle(document.body).fontFamily}`;
  return (text) => context.measureText(text).width;
}

// The start of a name that is too long, and that it goes on.
function fitted(name, room, width) {
  const letters = [...name];
  if (width(name) <= room) return name;
  while (letters.length > 1 && width(`${letters.join("")}…`) > room) letters.pop();
  return `${letters.join("")}…`;
}

async function overSteps(pane, label, { state, width, go, history }) {
  const spread = pane.about.has_std && state.quantity === "values" ? history("std") : null;
  const [maps, stds] = await Promise.all([history(state.quantity), spread]);
  const known = pane.about.steps.map((step, at) => [step, maps[at], stds?.[at]]).filter(([, map]) => map);
  const reach = [...pane.values.keys()].map((k) => Math.max(...known.map(([, map]) => Math.abs(map[k]))));
  const chosen = strongest(reach, LINES);
  const series = chosen.map((k, at) => ({
    color: COLORS[at],
    points: known.map(([step, map]) => [step, map[k]]),
    band: stds && known.filter(([, , std]) => std).map(([step, map, std]) => [step, map[k] - std[k], map[k] + std[k]]),
  }));
  const key = element("div", { className: "key" }, ...chosen.map((k, at) => {
    const mark = element("i", {});
    mark.style.background = COLORS[at];
    return element("span", {}, mark, label(k));
  }));
  const title = `over steps${stds ? ", ± standard deviation" : ""}${reach.length > LINES ? `, the ${LINES} strongest` : ""}`;
  const drawn = lineChart(title, series, pane.about.steps, pane.step, go, { width: Math.min(LEFT + WIDTH, width), height: 180 });
  return element("figure", { className: "chart" }, element("h3", {}, title), drawn, key);
}

// Positions of the largest numbers, largest first.
const strongest = (numbers, most) => [...numbers.keys()].sort((a, b) => numbers[b] - numbers[a]).slice(0, most);
