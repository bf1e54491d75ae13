// Series: the signal of each channel as a line over a strip of its map; of many channels, rows of both.
import { drawing, element, short } from "../element.js";
import { heatCanvas } from "../heat.js";

const MOST_LINES = 6; // channels that have a line each
const LINE = 80, TOP = 16, BOTTOM = 14, STRIP = 16, ROW = 14, HIGHEST = 260, CARD = 144; // pixels; words are above and below a line

// For the grid: lines and strips that fit into a card.
export const small = (pane, coloring, tools) => draw(pane, coloring, { ...tools, high: CARD });

// high: pixels that there are for all of it, or nothing.
export async function draw(pane, coloring, { side, point, array, high = null }) {
  const { about, facts, values } = pane;
  const steps = about.shape[1];
  const perStep = values.length / steps; // numbers of the map at each step
  const shape = about.arrays.series?.shape;
  const signal = shape?.[1] === steps ? await array("series").catch(() => null) : null;
  const channels = signal ? signal.length / steps : perStep;
  const name = (c) => facts.channels?.[c] ?? `channel ${c}`;
  const columns = columnsOf(steps, Math.floor(side));
  const strongest = columns.map(([from, to]) => Array.from({ length: perStep }, (_, c) => strongestOf(values, from, to, perStep, c)));

  // Rows of the map, from one of its channels on; a column is its strongest step.
  const strip = (first, count, height) => {
    const at = (k) => strongest[k % columns.length][first + Math.floor(k / columns.length)];
    const { canvas, paint } = heatCanvas(columns.length, count, (k) => point(k === null ? null : at(k)));
    canvas.style.width = `${side}px`;
    canvas.style.height = `${height}px`;
    paint((k) => coloring.color(values[at(k)]));
    return canvas;
  };
  const isSplit = perStep === channels; // a strip below each line
  const thick = high === null ? STRIP : Math.min(STRIP, high / 4 / channels);
  const rows = Math.max(high === null ? STRIP : thick, Math.min(high === null ? HIGHEST : high / 3, ROW * perStep));
  const line = high === null ? LINE : (high - (isSplit ? thick * channels : rows)) / channels - 2;
  const picture = element("div", { className: "series" });
  if (signal && channels <= MOST_LINES) {
    for (let c = 0; c < channels; c += 1) {
      const told = (k) => point(k === null ? null : strongest[k][Math.min(c, perStep - 1)]);
      picture.append(lineOf(signal, channels, c, columns, { side, high: line, isBare: high !== null }, channels > 1 ? name(c) : "", told));
      if (isSplit) picture.append(strip(c, 1, thick));
    }
    if (!isSplit) picture.append(strip(0, perStep, rows));
  } else {
    if (signal) picture.append(greyRows(signal, channels, columns, side, high === null ? HIGHEST : high / 2));
    picture.append(strip(0, perStep, rows));
  }
  if (high === null) picture.append(element("div", { className: "ends" }, element("span", {}, "step 0"), element("span", {}, `step ${steps - 1}`)));
  return { nodes: [picture], label };

  function label(k) {
    const step = Math.floor(k / perStep);
    const c = k % perStep;
    const of = channels > 1 && perStep === channels ? `, ${name(c)}` : "";
    const at = signal && (channels === 1 || perStep === channels) ? ` (input ${short(signal[step * channels + c])})` : "";
    return `step ${step}${of}${at}`;
  }
}

// [first step, step behind the last] of each column; as many as there are pixels, or steps.
function columnsOf(steps, most) {
  const count = Math.min(steps, most);
  return Array.from({ length: count }, (_, k) => [Math.floor((k * steps) / count), Math.floor(((k + 1) * steps) / count)]);
}

// The position in the map of the strongest number of some steps.
function strongestOf(values, from, to, perStep, c) {
  let best = from * perStep + c;
  for (let step = from + 1; step < to; step += 1) {
    if (Math.abs(values[step * perStep + c]) > Math.abs(values[best])) best = step * perStep + c;
  }
  return best;
}

// The lowest and the highest number of each column; null where all are missing.
function extremes(signal, channels, c, columns) {
  return columns.map(([from, to]) => {
    let [low, high] = [Infinity, -Infinity];
    for (let step = from; step < to; step += 1) {
      const value = signal[step * channels + c];
      if (value < low) low = value;
      if (value > high) high = value;
    }
    return low <= high ? [low, high] : null;
  });
}

// isBare: without words.
function lineOf(signal, channels, c, columns, { side, high: height, isBare }, name, told) {
  const ends = extremes(signal, channels, c, columns);
  const low = Math.min(...ends.filter(Boolean).map(([value]) => value));
  const high = Math.max(...ends.filter(Boolean).map(([, value]) => value));
  const [above, below] = isBare ? [2, 2] : [TOP, BOTTOM];
  const y = (value) => above + (height - above - below) * (1 - (value - low) / (high - low || 1));
  const x = (k) => ((k + 0.5) * side) / columns.length;
  const d = ends.map((of, k) => {
    if (!of) return "";
    return `${ends[k - 1] ? "L" : "M"}${x(k)},${y(of[0])}L${x(k)},${y(of[1])}`;
  }).join("");
  const svg = drawing("svg", { class: "signal", width: side, height, role: "img", "aria-label": name || "input" });
  svg.append(drawing("path", { d, fill: "none", "stroke-linecap": "round" }));
  for (const [words, at, left, anchor] of isBare ? [] : [
    [short(high), 11, 3, "start"], [short(low), height - 3, 3, "start"], [name, 11, side - 3, "end"],
  ]) {
    const text = drawing("text", { x: left, y: at, "text-anchor": anchor });
    text.textContent = words;
    svg.append(text);
  }
  svg.onpointermove = ({ clientX }) => {
    const share = (clientX - svg.getBoundingClientRect().left) / side;
    told(Math.min(columns.length - 1, Math.max(0, Math.floor(share * columns.length))));
  };
  svg.onpointerleave = () => told(null);
  return svg;
}

// The signal in greys, from its lowest number to its highest.
function greyRows(signal, channels, columns, side, highest) {
  const finite = signal.filter(Number.isFinite);
  const low = finite.reduce((a, b) => Math.min(a, b), Infinity);
  const high = finite.reduce((a, b) => Math.max(a, b), -Infinity);
  const { canvas, paint } = heatCanvas(columns.length, channels, () => {});
  canvas.style.width = `${side}px`;
  canvas.style.height = `${Math.min(highest, ROW * channels)}px`;
  paint((k) => {
    const [from, to] = columns[k % columns.length];
    const value = signal[strongestOf(signal, from, to, channels, Math.floor(k / columns.length))];
    const grey = (255 * (value - low)) / (high - low || 1);
    return [grey, grey, grey];
  });
  return canvas;
}
