// Spectra: a curve of intensities over wavelengths on the colours of their saliency.
import { css } from "../colors.js";
import { drawing } from "../element.js";

const HEIGHT = 120;

export const unsigned = "reds";
export const subject = ({ wavelengths }) => wavelengths;

export async function draw(pane, coloring, { side, point, array }) {
  const { wavelengths } = pane.facts;
  const signal = await array("signals");
  const step = side / signal.length;
  const svg = drawing("svg", { class: "spectrum", width: side, height: HEIGHT });
  signal.forEach((_, k) => {
    const fill = css(coloring.color(pane.values[k]));
    const band = drawing("rect", { x: k * step, y: 0, width: step, height: HEIGHT, fill, tabindex: 0, "data-k": k });
    band.onpointerenter = band.onfocus = () => point(k);
    svg.append(band);
  });
  const points = [...signal].map((value, k) => `${(k + 0.5) * step},${HEIGHT * (1 - value)}`).join(" ");
  svg.append(drawing("polyline", { points, fill: "none", stroke: "black" }));
  return { nodes: [svg], label: (k) => `${wavelengths[k]} nm` };
}
