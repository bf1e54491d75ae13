// Small pictures of the example over the steps, below the slider of steps; a click goes there.
import { coloring } from "./colors.js";
import { element } from "./element.js";
import { heatCanvas } from "./heat.js";
import { scaleOf } from "./scale.js";
import { map } from "./server.js";
import { longAxes } from "./shapes.js";

const MOST = 8, SIDE = 44;

export function timeline(colormaps, go) {
  const node = element("div", { className: "timeline" });
  node.setAttribute("aria-label", "maps over the steps");
  node.setAttribute("role", "group");

  let drawn = ""; // what the pictures are of

  async function show(state, about, kind) {
    const steps = evenly(about.steps);
    node.hidden = steps.length < 2;
    if (node.hidden) return;
    const key = [about.name, about.ofClass, about.times, state.example, state.quantity, state.percentile, state.colormap].join(" ");
    if (key !== drawn) {
      const thumbs = await Promise.all(steps.map((step) => thumb(state, about, kind, step).catch(() => null)));
      node.replaceChildren(...thumbs.filter(Boolean));
      drawn = key;
    }
    for (const button of node.children) {
      if (button.value === String(about.steps[state.index])) button.setAttribute("aria-current", "step");
      else button.removeAttribute("aria-current");
    }
  }

  async function thumb(state, about, kind, step) {
    const values = await map(about, step, state.example, state.quantity);
    const axes = kind.name === "image" ? longAxes(about) : []; // others are a strip
    const [height, width] = axes.length === 2 ? axes : [1, values.length];
    const { limit, signed } = scaleOf(values, state.percentile, (all) => all);
    const colors = coloring(colormaps, state.colormap, kind.unsigned, limit, signed);
    const { canvas, paint } = heatCanvas(width, height, () => {});
    paint((k) => colors.color(values[k]));
    const button = element("button", { type: "button", className: "thumb", value: step, title: `Go to step ${step}`, onclick: () => go(step) }, canvas, `${step}`);
    canvas.style.width = `${axes.length === 2 ? Math.round((SIDE * width) / Math.max(width, height)) : SIDE}px`;
    canvas.style.height = `${axes.length === 2 ? Math.round((SIDE * height) / Math.max(width, height)) : 12}px`;
    return button;
  }

  return { node, show };
}

export function evenly(steps) {
  const count = Math.min(MOST, steps.length);
  return Array.from({ length: count }, (_, k) => steps[Math.round((k * (steps.length - 1)) / Math.max(count - 1, 1))]);
}
