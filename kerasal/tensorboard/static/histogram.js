// How often numbers of a map are how large, in the colours of the map.
import { css } from "./colors.js";
import { drawing, element } from "./element.js";

const BINS = 41, WIDTH = 246, HEIGHT = 48; // odd: zero is in the middle of a bin

export function histogram(values, { color, limit, signed }) {
  const counts = countsOf(values, limit, signed);
  const most = Math.max(...counts, 1);
  const svg = drawing("svg", { class: "histogram", width: WIDTH, height: HEIGHT, role: "img", "aria-label": "histogram of the map" },
    drawing("title", {}, "how often numbers are how large; heights are roots of counts"));
  counts.forEach((count, k) => {
    const share = (k + 0.5) / BINS;
    const height = HEIGHT * Math.sqrt(count / most); // roots: few are seen too
    const value = limit * (signed ? 2 * share - 1 : share);
    const bar = drawing("rect", { x: (k * WIDTH) / BINS, y: HEIGHT - height, width: WIDTH / BINS - 1, height, fill: css(color(value)) });
    bar.append(drawing("title", {}, `${count} of ${values.length}`));
    svg.append(bar);
  });
  return element("figure", { className: "chart" }, svg);
}

// Numbers beyond the ends of the colours are in the outermost bins.
export function countsOf(values, limit, signed) {
  const counts = new Array(BINS).fill(0);
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    const share = signed ? (value / limit + 1) / 2 : value / limit;
    counts[Math.min(BINS - 1, Math.max(0, Math.floor(share * BINS)))] += 1;
  }
  return counts;
}
