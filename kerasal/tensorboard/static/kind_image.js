// Images: heat over the grey image, heat alone, the original, or original and overlay next to each other.
import { element } from "./element.js";
import { axesOf } from "./shapes.js";

const BOTH = 300; // pixels at most of the longer side of each of two

export function draw(pane, coloring, { state, original, side, point }) {
  const [height, width] = axesOf(pane.about);
  const size = pane.about.images;
  const fits = original && size && size[1] === height && size[2] === width;
  const view = fits && !pane.alone ? state.view : "heat";
  const longer = state.view === "side by side" ? Math.min(BOTH, side) : side;
  const shown = view === "side by side" ? ["original", "overlay"] : [view];
  const canvases = shown.map((each) => {
    const canvas = blank(width, height, longer);
    paint(canvas, pane.values, coloring, each, original, state.opacity);
    canvas.onpointermove = (event) => point(under(event, canvas, width, height));
    canvas.onpointerleave = () => point(null);
    return canvas;
  });
  return {
    nodes: [element("div", { className: "pair" }, ...canvases)],
    label: (k) => `row ${Math.floor(k / width)}, column ${k % width}`,
  };
}

function under(event, canvas, width, height) {
  const box = canvas.getBoundingClientRect();
  const column = Math.floor(((event.clientX - box.left) / box.width) * width);
  const row = Math.floor(((event.clientY - box.top) / box.height) * height);
  return Math.min(height - 1, Math.max(row, 0)) * width + Math.min(width - 1, Math.max(column, 0));
}

function blank(width, height, side) {
  const zoom = side / Math.max(width, height);
  const whole = zoom > 1 ? Math.floor(zoom) : zoom;
  const canvas = element("canvas", { className: "map", width, height });
  canvas.style.width = `${width * whole}px`;
  canvas.style.height = `${height * whole}px`;
  return canvas;
}

function paint(canvas, values, { palette, place }, view, original, opacity) {
  const context = canvas.getContext("2d");
  const image = context.createImageData(canvas.width, canvas.height);
  const data = image.data;
  const share = view === "heat" ? 1 : view === "original" ? 0 : opacity;
  for (let k = 0, at = 0, from = 0; k < values.length; k += 1, at += 4, from += 3) {
    data[at + 3] = 255;
    if (share === 0 && view === "original") {
      data[at] = original[from];
      data[at + 1] = original[from + 1];
      data[at + 2] = original[from + 2];
    } else {
      const color = palette[place(values[k])];
      const rest = share === 1 ? 0 : (1 - share) * (0.299 * original[from] + 0.587 * original[from + 1] + 0.114 * original[from + 2]);
      data[at] = rest + share * color[0];
      data[at + 1] = rest + share * color[1];
      data[at + 2] = rest + share * color[2];
    }
  }
  context.putImageData(image, 0, 0);
}
