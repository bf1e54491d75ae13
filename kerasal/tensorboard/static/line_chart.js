// Lines over steps, with bands where they are known; a click goes to the nearest step.
import { drawing, short } from "./element.js";

const TOP = 10, BOTTOM = 18, END = 12, LEAST = 10, LETTER = 5.8; // pixels, the last of a letter of the words

// series: [{color, points: [[step, value]], band: [[step, low, high]] or nothing}]; steps: all that the axis spans.
// names: function that names a value, for lines that go in steps from one name to the next; the names of the ends are not in the picture.
export function lineChart(name, series, steps, now, go, { width = 260, height = 110, names = null } = {}) {
  const svg = drawing("svg", { class: "lines", width, height, role: "img", "aria-label": name });
  const values = series.flatMap(({ points, band }) => [...points.map(([, value]) => value), ...(band ?? []).flatMap(([, ...ends]) => ends)]);
  const [low, high] = span(values);
  const [start, end] = span(steps);
  const pad = names ? LEAST : LEAST + LETTER * Math.max(3, ...[low, high].map((value) => short(value).length));
  const x = (step) => pad + ((width - pad - END) * (step - start)) / (end - start || 1);
  const y = (value) => height - BOTTOM - ((height - BOTTOM - TOP) * (value - low)) / (high - low || 1);
  const across = (class_, at) => drawing("line", { class: class_, x1: pad, x2: width - END, y1: at, y2: at });
  svg.append(across("axis", height - BOTTOM));
  if (low < 0 && high > 0) svg.append(across("zero", y(0)));
  const ofValues = names ? [] : [[short(high), pad - 4, TOP + 4, "end"], ...(high > low ? [[short(low), pad - 4, height - BOTTOM, "end"]] : [])];
  for (const [words, left, top, anchor] of [
    ...ofValues, [String(start), pad, height - 5, "start"], ...(end > start ? [[String(end), width - END, height - 5, "end"]] : []),
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
    const drawn = names ? inSteps(points) : points;
    const line = drawn.map(([step, value]) => `${x(step)},${y(value)}`).join(" ");
    svg.append(drawing("polyline", { points: line, fill: "none", stroke: color, "stroke-width": 1.5 }));
  }
  svg.append(drawing("line", { class: "now", x1: x(now), x2: x(now), y1: 6, y2: height - BOTTOM }));
  svg.addEventListener("click", (event) => {
    go(start + ((event.clientX - svg.getBoundingClientRect().left - pad) / (width - pad - END)) * (end - start));
  });
  return svg;
}

// The least and the largest number of a chart.
export const endsOf = (series) => span(series.flatMap(({ points }) => points.map(([, value]) => value)));

// A value holds until the next one.
const inSteps = (points) => points.flatMap((point, k) => (k ? [[point[0], points[k - 1][1]], point] : [point]));

function span(values) {
  const finite = values.filter(Number.isFinite);
  return finite.length ? [Math.min(...finite), Math.max(...finite)] : [0, 1];
}
