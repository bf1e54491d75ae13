// The maps: one pane, or two and their difference.
import { image, map } from "./server.js";
import { chosenMap, isSigned, limitOf, place } from "./colors.js";
import { barChart } from "./bars.js";
import { element, short } from "./element.js";

const SIDE = 400; // pixels of the longer side of a map, about

export function panes(colormaps) {
  const node = element("section", { className: "panes", ariaLabel: "maps" });

  const fail = (error) => node.replaceChildren(element("p", { className: "message", role: "alert" }, error.message));

  // What a pane shows: a title, values, its run, and the numbers of its example at its step.
  async function load(state, about, index) {
    const step = about.steps[index];
    const values = await map(about.name, step, state.example, state.quantity);
    const std = about.has_std ? await map(about.name, step, state.example, "std") : null;
    return { about, step, index, values, std, title: `${about.name} · step ${step}` };
  }

  async function show(state, first, second) {
    const shown = [await load(state, first, state.step)];
    if (second) {
      const same = second.steps.indexOf(first.steps[state.step]);
      const index = state.otherStep ?? (same >= 0 ? same : second.steps.length - 1);
      if (state.example < second.examples.length) shown.push(await load(state, second, Math.min(index, second.steps.length - 1)));
    }
    const [a, b] = shown;
    if (b && b.values.length === a.values.length) {
      const values = a.values.map((value, k) => value - b.values[k]);
      shown.push({ ...a, values, std: null, title: "difference, first − second", alone: true });
    }
    const original = await image(first, state.example);
    const drawn = [];
    for (const pane of shown) drawn.push(await draw(pane, state, original));
    node.replaceChildren(...drawn);
  }

  async function draw(pane, state, original) {
    const { about, values } = pane;
    const of = pane.alone || state.scale === "each step" ? [values] : await readable(about, state);
    const signed = isSigned([...of, values]);
    const limit = limitOf(of, state.percentile);
    const numbers = pane.alone ? "" : told(pane, state.example);
    const heading = element("h2", {}, pane.title);
    const shape = about.shape.slice(1).filter((size, axis) => axis < 2 || size > 1);
    if (shape.length === 1) {
      return element("article", { className: "pane" }, heading, numbers, barChart(values, pane.std, about.columns, limit));
    }
    if (shape.length !== 2) {
      return element("article", { className: "pane" }, heading, numbers,
        element("p", {}, `Maps of shape ${shape.join(" × ")} are not drawn; load_run gives them as arrays.`));
    }
    const colors = colormaps[chosenMap(state.colormap, signed)];
    const [height, width] = shape;
    const fits = original && about.images && about.images[1] === height && about.images[2] === width;
    const view = fits ? (pane.alone ? "heat" : state.view) : "heat";
    const canvas = painted(values, width, height, (k) => pixel(values[k], k, original, colors, limit, signed, view, state.opacity));
    const under = element("div", { className: "under" }, "\u00a0");
    canvas.onpointermove = (event) => {
      const box = canvas.getBoundingClientRect();
      const column = Math.min(width - 1, Math.floor(((event.clientX - box.left) / box.width) * width));
      const row = Math.min(height - 1, Math.floor(((event.clientY - box.top) / box.height) * height));
      const k = Math.max(row, 0) * width + Math.max(column, 0);
      const spread = pane.std && state.quantity === "values" ? ` ± ${short(pane.std[k])}` : "";
      under.textContent = `row ${row}, column ${column}: ${short(values[k])}${spread}`;
    };
    canvas.onpointerleave = () => { under.textContent = "\u00a0"; };
    return element("article", { className: "pane" }, heading, canvas, under, numbers, bar(colors, limit, signed));
  }

  return { node, show, fail };
}

// The maps of all steps that tell their scale, without those that are damaged.
async function readable(about, state) {
  const asked = sampled(about.steps).map((step) => map(about.name, step, state.example, state.quantity));
  return (await Promise.allSettled(asked)).filter(({ status }) => status === "fulfilled").map(({ value }) => value);
}

// At most twenty steps tell the scale of all.
function sampled(steps) {
  const every = Math.ceil(steps.length / 20);
  return steps.filter((_, k) => k % every === 0 || k === steps.length - 1);
}

function told(pane, example) {
  const numbers = Object.entries(pane.about.numbers).map(([name, of]) => [name, of[pane.index][example]]);
  const words = numbers.filter(([, value]) => value !== null).map(([name, value]) => `${name} ${short(value)}`);
  return element("div", { className: "under" }, words.join(" · "));
}

function pixel(value, k, original, colors, limit, signed, view, opacity) {
  if (view === "original") return original.subarray(3 * k, 3 * k + 3);
  const color = colors[place(value, limit, signed)];
  if (view === "heat") return color;
  const grey = 0.299 * original[3 * k] + 0.587 * original[3 * k + 1] + 0.114 * original[3 * k + 2];
  return color.map((part) => (1 - opacity) * grey + opacity * part);
}

function painted(values, width, height, colorOf) {
  const zoom = Math.max(1, Math.floor(SIDE / Math.max(width, height)));
  const canvas = element("canvas", { width, height });
  canvas.style.width = `${width * zoom}px`;
  canvas.style.height = `${height * zoom}px`;
  const context = canvas.getContext("2d");
  const data = context.createImageData(width, height);
  for (let k = 0; k < width * height; k += 1) data.data.set([...colorOf(k), 255], 4 * k);
  context.putImageData(data, 0, 0);
  return canvas;
}

function bar(colors, limit, signed) {
  const strip = painted(null, 257, 1, (k) => colors[k]);
  strip.style.width = "200px";
  strip.style.height = "12px";
  return element("div", { className: "bar" }, short(signed ? -limit : 0), strip, short(limit));
}
