// The column at the left: what is shown, and how.
import { classOptions, comparedOptions } from "./classes.js";
import { element } from "./element.js";
import { described } from "./facts.js";
import { makeFields } from "./fields.js";
import { orders } from "./order.js";
import { folded } from "./folded.js";
import { makePlayer } from "./player.js";
import { runsList } from "./runs_list.js";
import { hasTruth, isOfRun } from "./truth.js";

const QUANTITIES = [["values", "saliency"], ["std", "standard deviation"]];
const SCALES = [["all steps", "one for all steps of a run"], ["each step", "each map on its own"], ["shown", "one for all that is shown"]];
const RIGHT = [["", "right or wrong"], ["right", "right"], ["wrong", "wrong"]];
const OF_ONE = ["example", "compareWith", "compareStep"], OF_ALL = ["sort", "descending", "filter", "right", "size"];

const scalesOfAll = ({ scale }) => [
  [scale === "shown" ? scale : "all steps", "one for all pictures of the step"], ["each step", "each picture on its own"],
];
const same = (names) => names.map((name) => [name, name]);
const withNothing = (names, run) => [["", "nothing"], ...names.map((name) => [name, name === run ? "this run at another step" : name])];

// {node, toggle(), show(state, first, second, kind), offer(names, state, color)}; update(changes) is called with what the user
// chooses; tools: {buttons: further ones, timeline}.
export function controls(names, colormaps, update, { buttons, timeline }) {
  let steps = [];
  const { choice, slider, search, tick, show: showFields, fill, hide, range, words } = makeFields(update);
  const player = makePlayer(update);
  const facts = element("dl", { className: "facts" });
  const list = runsList(update);
  const all = element("button", { type: "button", id: "show", title: "All examples of the step, or one of them (key g)" });

  const node = element("form", { className: "controls", onsubmit: (event) => event.preventDefault() },
    element("div", { className: "buttons" }, all, ...buttons),
    choice("run", "run", same(names)),
    choice("example", "example", [], Number),
    choice("ofClass", "class", [], Number),
    slider("step", "step", 0, 0, 1, (index) => steps[index] ?? null),
    folded("more controls",
      timeline,
      player.button,
      list.node,
      choice("sort", "sort by", []), tick("descending", "largest first"),
      search("filter", "examples that fit", "regular expression"), choice("right", "predicted", RIGHT),
      slider("size", "size of pictures", 80, 480, 20),
      choice("compareWith", "compare with", withNothing(names)),
      choice("compareStep", "step of the second", [], (value) => (value === "" ? null : Number(value))),
      choice("view", "view", []),
      slider("opacity", "opacity of the saliency", 0, 1, 0.05),
      choice("tableSort", "bars by", []),
      choice("quantity", "quantity", QUANTITIES),
      choice("colormap", "colours", same(["auto", ...colormaps])),
      choice("scale", "colour scale", SCALES),
      slider("percentile", "clip colours at percentile", 90, 100, 0.1),
      facts));
  node.setAttribute("aria-label", "what is shown");

  // Runs that are there by now, with those that are looked at; first: what is known of the first, or nothing.
  function offer(found, state, color, first) {
    const looked = [state.run, ...state.beside, ...(isOfRun(state.compareWith) ? [state.compareWith] : [])];
    const runs = [...new Set([...found, ...looked])];
    fill("run", same(runs));
    fill("compareWith", [...withNothing(runs, state.run), ...comparedOptions(first), ...(first && hasTruth(first) ? [["#truth", "the mask of truth"]] : [])]);
    list.show(runs, state, color);
    showFields({ run: state.run, compareWith: state.compareWith });
  }

  function show(state, first, second, kind) {
    const isAll = state.show === "all";
    const views = kind.views(first);
    const view = Object.hasOwn(views, state.view) ? state.view : Object.keys(views)[0];
    steps = first.steps;
    all.textContent = isAll ? "▣ one example" : "▦ all examples";
    fill("example", first.examples.map((example, n) => [String(n), example]));
    fill("ofClass", classOptions(first, state, !isAll));
    fill("compareStep", [["", "the same"], ...(second ? second.steps.map((step) => [String(step), String(step)]) : [])]);
    fill("view", Object.entries(views).map(([name, { words: told }]) => [name, told]));
    fill("scale", isAll ? scalesOfAll(state) : SCALES);
    fill("sort", orders(first));
    fill("tableSort", kind.sorts ?? []);
    range("step", Math.max(steps.length - 1, 0));
    showFields({ ...state, view, step: state.index });
    words("step", `${steps[state.index] ?? "–"}`);
    words("opacity", state.opacity.toFixed(2));
    words("percentile", `${state.percentile}`);
    words("size", `${state.size}`);
    for (const key of OF_ONE) hide(key, isAll);
    for (const key of OF_ALL) hide(key, !isAll);
    if (!second) hide("compareStep", true);
    hide("ofClass", !first.class_count);
    hide("view", !view);
    hide("opacity", !views[view]?.hasOpacity);
    hide("tableSort", isAll || !kind.sorts);
    hide("quantity", !first.has_std);
    all.onclick = () => update({ show: isAll ? "one" : "all" });
    player.follow(state, first);
    facts.replaceChildren(...described({ kind: kind.name, score: first.score, ...first.about, disk: first.disk && `${first.disk} in all` }));
  }

  return { node, toggle: player.toggle, show, offer };
}
