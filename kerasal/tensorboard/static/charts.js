// Numbers of the example over steps, a click goes to the step.
import { drawing, element, short } from "./element.js";

const WIDTH = 260, HEIGHT = 110, PAD = 48;
const COLORS = ["#e8710a", "#1a73e8"];
const ORDER = ["probability", "output", "prediction", "score", "drift", "distance", "concentration", "uncertainty", "gap"];

export function charts(update) {
  const node = element("section", { className: "charts", ariaLabel: "numbers over steps" });

  function show(state, first, second) {
    const both = second ? [first, second] : [first];
    const names = [...new Set(both.flatMap((about) => Object.keys(about.numbers)))];
    names.sort((a, b) => ORDER.indexOf(a) - ORDER.indexOf(b));
    node.replaceChildren(...names.map((name) => chart(name, state, both)));
  }

  function chart(name, state, both) {
    const lines = both.map((about) => {
      const numbers = about.numbers[name] ?? [];
      return about.steps.map((step, k) => [step, numbers[k]?.[state.example] ?? null]).filter(([, value]) => value !== null);
    });
    const points = lines.flat();
    const svg = drawing("svg", { width: WIDTH, height: HEIGHT, role: "img", "aria-label": name });
    const [low, high] = span(points.map(([, value]) => value));
    const [start, end] = span(both.flatMap((about) => about.steps));
    const x = (step) => PAD + ((WIDTH - PAD - 8) * (step - start)) / (end - start || 1);
    const y = (value) => HEIGHT - 18 - ((HEIGHT - 28) * (value - low)) / (high - low || 1);
    svg.append(drawing("line", { class: "axis", x1: PAD, x2: WIDTH - 8, y1: HEIGHT - 18, y2: HEIGHT - 18 }));
    for (const [words, left, top, anchor] of [
      [short(high), PAD - 4, 14, "end"], [short(low), PAD - 4, HEIGHT - 18, "end"],
      [String(start), PAD, HEIGHT - 5, "middle"], [String(end), WIDTH - 8, HEIGHT - 5, "end"],
    ]) {
      const label = drawing("text", { x: left, y: top, "text-anchor": anchor });
      label.textContent = words;
      svg.append(label);
    }
    lines.forEach((line, k) => {
      svg.append(drawing("polyline", {
        points: line.map(([step, value]) => `${x(step)},${y(value)}`).join(" "), fill: "none", stroke: COLORS[k], "stroke-width": 1.5,
      }));
    });
    const now = x(both[0].steps[state.step]);
    svg.append(drawing("line", { class: "now", x1: now, x2: now, y1: 6, y2: HEIGHT - 18 }));
    svg.addEventListener("click", (event) => {
      const at = start + ((event.offsetX - PAD) / (WIDTH - PAD - 8)) * (end - start);
      const distances = both[0].steps.map((step) => Math.abs(step - at));
      update({ step: distances.indexOf(Math.min(...distances)) });
    });
    return element("figure", { className: "chart" }, element("h3", {}, name), svg);
  }

  return { node, show };
}

function span(values) {
  const finite = values.filter(Number.isFinite);
  return finite.length ? [Math.min(...finite), Math.max(...finite)] : [0, 1];
}
