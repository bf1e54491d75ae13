// Images: saliency over the image, saliency alone, the image, or the image and the overlay next to each other.
import { element } from "../element.js";
import { heatCanvas } from "../heat.js";
import { VIEWS, colorsOf } from "../overlay.js";
import { longAxes } from "../shapes.js";
import { windowed } from "../zoom.js";

const GAP = 10; // pixels between two

export const views = ({ arrays }) => (arrays.images ? VIEWS : {});

export async function draw(pane, coloring, { state, view, side, width: room, point, array }) {
  const [height, width = 1] = longAxes(pane.about);
  const size = pane.about.arrays.images?.shape;
  const original = size?.[1] === height && size?.[2] === width ? await array("images").catch(() => null) : null;
  const isPair = view === "side by side";
  const shown = !original || pane.isDifference ? "heat" : view;
  const colors = colorsOf(pane.values, original, coloring, state.opacity);
  const canvases = (shown === "side by side" ? ["original", "overlay"] : [shown]).map((name) => {
    const { canvas, paint } = heatCanvas(width, height, point);
    resize(canvas, isPair ? Math.min(side, (room - GAP) / 2) : side, !state.isSmall);
    paint(colors[name]);
    return windowed(canvas);
  });
  return {
    nodes: [element("div", { className: "pair" }, ...canvases)],
    label: (k) => `row ${Math.floor(k / width)}, column ${k % width}`,
  };
}

// Whole pixels for each number, as many as there is room for; in the grid all of the room.
function resize(canvas, side, isWhole) {
  const zoom = isWhole ? side / Math.max(canvas.width, canvas.height) : side / canvas.width;
  const whole = isWhole && zoom > 1 ? Math.floor(zoom) : zoom;
  canvas.style.width = `${canvas.width * whole}px`;
  canvas.style.height = `${canvas.height * whole}px`;
}
