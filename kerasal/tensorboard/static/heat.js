// A canvas of a coloured rectangle per number, which says what the pointer is at.
import { element } from "./element.js";

// paint(color): colours position k as color(k), [red, green, blue]. point(k or null): where the pointer is.
export function heatCanvas(width, height, point) {
  const canvas = element("canvas", { className: "map", width, height });
  canvas.onpointermove = (event) => point(positionUnder(event, canvas));
  canvas.onpointerleave = () => point(null);

  function paint(color) {
    const context = canvas.getContext("2d");
    const image = context.createImageData(width, height);
    for (let k = 0, at = 0; k < width * height; k += 1, at += 4) {
      [image.data[at], image.data[at + 1], image.data[at + 2]] = color(k);
      image.data[at + 3] = 255;
    }
    context.putImageData(image, 0, 0);
  }

  return { canvas, paint };
}

function positionUnder(event, canvas) {
  const box = canvas.getBoundingClientRect();
  const column = Math.floor(((event.clientX - box.left) / box.width) * canvas.width);
  const row = Math.floor(((event.clientY - box.top) / box.height) * canvas.height);
  return Math.min(canvas.height - 1, Math.max(row, 0)) * canvas.width + Math.min(canvas.width - 1, Math.max(column, 0));
}
