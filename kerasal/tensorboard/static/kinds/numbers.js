// Maps of any shape: a strip of colours, a row per entry of the first axis, and the strongest numbers in words.
import { element, short } from "../element.js";
import { longAxes } from "../shapes.js";
import { heatCanvas } from "../heat.js";

const MOST = 10; // numbers in the list
const LOWEST = 24, ROW = 40; // pixels of the strip, and of a row of it at most

export function draw(pane, coloring, { side, point }) {
  const axes = longAxes(pane.about);
  const height = axes.length > 1 ? axes[0] : 1;
  const width = pane.values.length / height;
  const { canvas, paint } = heatCanvas(width, height, point);
  canvas.style.width = `${side}px`;
  canvas.style.height = `${Math.max(LOWEST, Math.min(side, ROW * height, (side * height) / width))}px`;
  paint((k) => coloring.color(pane.values[k]));
  const label = (k) => `[${place(k, axes).join(", ")}]`;
  return { nodes: [canvas, strongest(pane, label, point)], label };
}

function strongest({ values, std }, label, point) {
  const chosen = [...values.keys()].sort((a, b) => Math.abs(values[b]) - Math.abs(values[a])).slice(0, MOST);
  const rows = chosen.map((k) => {
    const spread = std ? ` ± ${short(std[k])}` : "";
    const row = element("tr", { tabIndex: 0, "data-k": k }, element("td", {}, label(k)), element("td", {}, short(values[k]) + spread));
    row.onpointerenter = row.onfocus = () => point(k);
    row.onpointerleave = row.onblur = () => point(null);
    return row;
  });
  const title = values.length > MOST ? `the ${MOST} strongest of ${values.length} numbers` : "numbers";
  return element("table", { className: "strongest" }, element("caption", {}, title), element("tbody", {}, ...rows));
}

// Where a position in the map is, an index per axis.
function place(k, axes) {
  const indices = [];
  let rest = k;
  for (const size of [...axes].reverse()) {
    indices.unshift(rest % size);
    rest = Math.floor(rest / size);
  }
  return indices;
}
