// Numbers of the example over steps, of one run or two; a title says what a number is.
import { element } from "./element.js";
import { lineChart } from "./line_chart.js";

const COLORS = ["#e8710a", "#1a73e8"];
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

export function charts(go) {
  const node = element("section", { className: "charts", ariaLabel: "numbers over steps" });

  function show(state, first, second) {
    const both = second ? [first, second] : [first];
    const names = [...new Set(both.flatMap((about) => Object.keys(about.numbers)))];
    names.sort((a, b) => ORDER.indexOf(a) - ORDER.indexOf(b));
    node.replaceChildren(...names.map((name) => chart(name, state, both)));
    if (second && names.length) node.prepend(key(both));
  }

  function chart(name, state, both) {
    const series = both.map((about, k) => {
      const numbers = about.numbers[name] ?? [];
      const points = about.steps.map((step, at) => [step, numbers[at]?.[state.example] ?? null]);
      return { color: COLORS[k], points: points.filter(([, value]) => value !== null) };
    });
    const steps = both.flatMap((about) => about.steps);
    const drawn = lineChart(name, series, steps, both[0].steps[state.index], go);
    return element("figure", { className: "chart" }, element("h3", { title: MEANINGS[name] ?? "" }, name), drawn);
  }

  return { node, show, clear: () => node.replaceChildren() };
}

function key(both) {
  return element("div", { className: "key" }, ...both.map((about, k) => {
    const mark = element("i", {});
    mark.style.background = COLORS[k];
    return element("span", {}, mark, about.name);
  }));
}
