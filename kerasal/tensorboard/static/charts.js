// Numbers of the example over steps, of one run or several; a title says what a number is.
import { element } from "./element.js";
import { endsOf, lineChart } from "./line_chart.js";
import { className } from "./order.js";

const MEANINGS = { // in the order in which they are shown
  probability: "of the predicted class",
  output: "of the model, the largest",
  prediction: "the class of the largest output",
  score: "the number that is explained",
  drift: "change of the map's order since the step before: 1 − Spearman's rank correlation, 0 the same, 2 reversed",
  distance: "change of the map's order since the first step: 1 − Spearman's rank correlation",
  concentration: "of the map: 0 spread evenly, 1 in one element",
  uncertainty: "mean standard deviation over samples, in units of the map",
  gap: "sum of the map less what it should be, relative to that",
};
const ORDER = Object.keys(MEANINGS);
const place = (name) => (ORDER.includes(name) ? ORDER.indexOf(name) : ORDER.length);

export function charts(go) {
  const node = element("section", { className: "charts" });
  node.setAttribute("aria-label", "numbers over steps");

  // abouts: what is known of each run, the first first; color: function of a run's name.
  function show(state, abouts, color) {
    const names = [...new Set(abouts.flatMap((about) => Object.keys(about.numbers)))];
    names.sort((a, b) => place(a) - place(b));
    node.replaceChildren(...names.map((name) => chart(name, state, abouts, color)));
    if (abouts.length > 1 && names.length) node.prepend(key(abouts, color));
  }

  function chart(name, state, abouts, color) {
    const series = abouts.map((about) => {
      const numbers = about.numbers[name] ?? [];
      const points = about.steps.map((step, at) => [step, numbers[at]?.[state.example] ?? null]);
      return { color: color(about.name), points: points.filter(([, value]) => value !== null) };
    });
    const steps = abouts.flatMap((about) => about.steps);
    const names = name === "prediction" ? (value) => className(abouts[0], value) : null;
    const drawn = lineChart(name, series, steps, abouts[0].steps[state.index], go, { names });
    const [low, high] = names ? endsOf(series) : [0, 0];
    const [above, below] = names && high > low ? [high, low] : [null, names ? high : null];
    const line = (value) => (value === null ? "" : element("div", { className: "end" }, names(value)));
    const title = element("h3", { title: MEANINGS[name] ?? "a logged measure" }, name);
    return element("figure", { className: "chart" }, title, line(above), drawn, line(below));
  }

  return { node, show, clear: () => node.replaceChildren() };
}

function key(abouts, color) {
  return element("div", { className: "key" }, ...abouts.map((about) => {
    const mark = element("i", {});
    mark.style.background = color(about.name);
    return element("span", { title: about.name }, mark, about.name);
  }));
}
