// The column at the left: what is shown, and how.
import { element } from "./element.js";
import { described } from "./facts.js";
import { makeFields } from "./fields.js";
import { makePlayer } from "./player.js";

const QUANTITIES = [["values", "saliency"], ["std", "standard deviation"]];
const SCALES = [["all steps", "one for all steps"], ["each step", "one for each step"]];

const same = (names) => names.map((name) => [name, name]);

// {node, show(state, first, second, kind), offer(names, state)}; update(changes) is called with what the user chooses.
export function controls(names, colormaps, update) {
  const fields = makeFields(update);
  const player = makePlayer(update);
  const facts = element("dl", { className: "facts" });
  let steps = [];
  const { choice, slider, show: showFields, fill, hide } = fields;

  const node = element("form", { className: "controls", onsubmit: (event) => event.preventDefault() },
    choice("run", "run", same(names)),
    choice("example", "example", [], Number),
    slider("step", "step", 0, 0, 1, (index) => steps[index] ?? null),
    player.button,
    choice("compareWith", "compare with", withNothing(names)),
    choice("compareStep", "at step", [], (value) => (value === "" ? null : Number(value))),
    choice("view", "view", []),
    slider("opacity", "opacity of the saliency", 0, 1, 0.05),
    choice("quantity", "quantity", QUANTITIES),
    choice("colormap", "colours", same(["auto", ...colormaps])),
    choice("scale", "colour scale", SCALES),
    slider("percentile", "clip colours at percentile", 90, 100, 0.1),
    facts);

  // Runs that are there by now, with those that are looked at.
  function offer(all, state) {
    const runs = [...new Set([...all, state.run, ...(state.compareWith ? [state.compareWith] : [])])].sort();
    fill("run", same(runs));
    fill("compareWith", withNothing(runs));
    showFields({ run: state.run, compareWith: state.compareWith });
  }

  function show(state, first, second, kind) {
    const views = kind.views(first);
    const view = Object.hasOwn(views, state.view) ? state.view : Object.keys(views)[0];
    fill("example", first.examples.map((example, n) => [String(n), example]));
    fill("compareStep", [["", "the same"], ...(second ? second.steps.map((step) => [String(step), String(step)]) : [])]);
    fill("view", Object.entries(views).map(([name, { words }]) => [name, words]));
    steps = first.steps;
    fields.range("step", Math.max(steps.length - 1, 0));
    showFields({ ...state, view, step: state.index });
    fields.words("step", `${steps[state.index] ?? "–"}`);
    fields.words("opacity", state.opacity.toFixed(2));
    fields.words("percentile", `${state.percentile}`);
    hide("compareStep", !second);
    hide("view", !view);
    hide("opacity", !views[view]?.hasOpacity);
    hide("quantity", !first.has_std);
    player.follow(state, first);
    facts.replaceChildren(...described({ kind: kind.name, score: first.score, ...first.about, disk: first.disk && `${first.disk} in all` }));
  }

  return { node, show, offer };
}

const withNothing = (names) => [["", "nothing"], ...same(names)];
