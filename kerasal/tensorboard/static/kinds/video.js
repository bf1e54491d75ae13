// Videos and volumes: frames or slices in rows, the map over each.
import { element } from "../element.js";
import { heatCanvas } from "../heat.js";
import { windowed } from "../zoom.js";
import { VIEWS, colorsOf } from "../overlay.js";

const MOST = 16; // frames, chosen evenly, the strongest among them
const SIDE = 150, GAP = 8; // pixels of a frame at most, and between two

const SINGLE = Object.fromEntries(Object.entries(VIEWS).filter(([name]) => name !== "side by side"));

export const views = ({ arrays }) => (arrays.frames ? SINGLE : {});

export async function draw(pane, coloring, { state, view, side, point, array }) {
  const [count, height, width] = pane.about.shape.slice(1, 4);
  const area = height * width;
  const size = pane.about.arrays.frames?.shape;
  const fits = size?.[1] === count && size?.[2] === height && size?.[3] === width;
  const original = fits ? await array("frames").catch(() => null) : null;
  const color = colorsOf(pane.values, original, coloring, state.opacity)[!original || pane.isDifference ? "heat" : view];
  const word = pane.facts.word === "slice" ? "slice" : "frame";
  const strengths = Array.from({ length: count }, (_, t) => strengthOf(pane.values, t * area, area));
  const strongest = strengths.indexOf(Math.max(...strengths));
  const across = Math.max(1, Math.floor((side + GAP) / (SIDE + GAP)));
  const zoom = Math.min(SIDE, (side - GAP * (across - 1)) / across) / Math.max(width, height);
  const figures = (state.isSmall ? [strongest] : chosen(count, strongest)).map((t) => {
    const { canvas, paint } = heatCanvas(width, height, (k) => point(k === null ? null : t * area + k));
    canvas.style.width = `${width * zoom}px`;
    canvas.style.height = `${height * zoom}px`;
    paint((k) => color(t * area + k));
    const words = `${word} ${t}${t === strongest ? ", strongest" : ""}`;
    const className = t === strongest ? "frame strong" : "frame";
    return element("figure", { className }, windowed(canvas), element("figcaption", {}, words));
  });
  return {
    nodes: [element("div", { className: "pair" }, ...figures)],
    label: (k) => `${word} ${Math.floor(k / area)}, row ${Math.floor((k % area) / width)}, column ${k % width}`,
  };
}

function strengthOf(values, from, count) {
  let sum = 0;
  for (let k = from; k < from + count; k += 1) sum += Math.abs(values[k]);
  return sum;
}

// Frames from the first to the last, evenly, and the strongest.
function chosen(count, strongest) {
  const most = Math.min(count, MOST);
  const even = Array.from({ length: most }, (_, k) => Math.round((k * (count - 1)) / Math.max(most - 1, 1)));
  if (!even.includes(strongest)) {
    const near = even.reduce((best, t, k) => (Math.abs(t - strongest) < Math.abs(even[best] - strongest) ? k : best), 0);
    even[near] = strongest;
  }
  return even;
}
