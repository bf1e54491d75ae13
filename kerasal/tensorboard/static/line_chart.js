// Lines over steps, with bands where they are known; a click goes to the nearest step.
import { drawing, short } from "./element.js";

const PAD = 56, TOP = 10, BOTTOM = 18, END = 8;

// series: [{color, points: [[step, value]], band: [[step, low, high]] or nothing}]; steps: all that the axis spans.
export function lineChart(name, series, steps, now, go, width = 260, height = 110) {
  const svg = drawing("svg", { class: "lines", width, height, role: "img", "aria-label": name });
  const values = series.flatMap(({ points, band }) => [...points.map(([, value]) => value), ...(band ?? []).flatMap(([, ...ends]) => ends)]);
  const [low, high] = span(values);
  const [start, end] = span(steps);
  const x = (step) => PAD + ((width - PAD - END) * (step - start)) / (end - start || 1);
  const y = (value) => height - BOTTOM - ((height - BOTTOM - TOP) * (value - low)) / (high - low || 1);
  const across = (class_, at) => drawing("line", { class: class_, x1: PAD, x2: width - END, y1: at, y2: at });
  svg.append(across("axis", height - BOTTOM));
  if (low < 0 && high > 0) svg.append(across("zero", y(0)));
  for (const [words, left, top, anchor] of [
    [short(high), PAD - 4, TOP + 4, "end"], [short(low), PAD - 4, height - BOTTOM, "end"],
    [String(start), PAD, height - 5, "middle"], [String(end), width - END, height - 5, "end"],
  ]) {
    const label = drawing("text", { x: left, y: top, "text-anchor": anchor });
    label.textContent = words;
    svg.append(label);
  }
  for (const { color, points, band } of series) {
    if (band) {
      const upper = band.map(([step, , value]) => `${x(step)},${y(value)}`);
      const lower = band.map(([step, value]) => `${x(step)},${y(value)}`).reverse();
      svg.append(drawing("polygon", { class: "band", points: [...upper, ...lower].join(" "), fill: color }));
    }
    const line = points.map(([step, value]) => `${x(step)},${y(value)}`).join(" ");
    svg.append(drawing("polyline", { points: line, fill: "none", stroke: color, "stroke-width": 1.5 }));
  }
  svg.append(drawing("line", { class: "now", x1: x(now), x2: x(now), y1: 6, y2: height - BOTTOM }));
  svg.addEventListener("click", (event) => {
    go(start + ((event.clientX - svg.getBoundingClientRect().left - PAD) / (width - PAD - END)) * (end - start));
  });
  return svg;
}

function span(values) {
  const finite = values.filter(Number.isFinite);
  return finite.length ? [Math.min(...finite), Math.max(...finite)] : [0, 1];
}
