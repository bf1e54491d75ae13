// A table's features as bars with whiskers of one standard deviation.
import { drawing, short } from "./element.js";

const ROW = 20, LEFT = 140, WIDTH = 280, MOST = 50;

export function barChart(values, std, columns, limit) {
  const shown = [...values.keys()].sort((a, b) => Math.abs(values[b]) - Math.abs(values[a])).slice(0, MOST).sort((a, b) => a - b);
  const signed = values.some((value) => value < 0);
  const reach = 1.1 * Math.max(limit, ...shown.map((k) => Math.abs(values[k]) + (std ? std[k] : 0)));
  const at = (value) => LEFT + WIDTH * (signed ? (value / reach + 1) / 2 : value / reach);
  const svg = drawing("svg", { class: "bars", width: LEFT + WIDTH + 70, height: ROW * shown.length + 8, role: "img" });
  shown.forEach((k, row) => {
    const y = ROW * row + 4;
    const [from, to] = [at(0), at(values[k])];
    const name = drawing("text", { x: LEFT - 8, y: y + 13, "text-anchor": "end" });
    name.textContent = columns ? columns[k] : `feature ${k}`;
    const number = drawing("text", { x: LEFT + WIDTH + 6, y: y + 13 });
    number.textContent = short(values[k]);
    svg.append(name, number, drawing("rect", {
      x: Math.min(from, to), y, width: Math.abs(to - from), height: ROW - 5, fill: values[k] < 0 ? "#2166ac" : "#b2182b",
    }));
    if (std) {
      const [low, high] = [at(values[k] - std[k]), at(values[k] + std[k])];
      svg.append(drawing("line", { class: "whisker", x1: low, x2: high, y1: y + 7.5, y2: y + 7.5 }));
    }
  });
  svg.append(drawing("line", { class: "zero", x1: at(0), x2: at(0), y1: 0, y2: ROW * shown.length + 4 }));
  return svg;
}
