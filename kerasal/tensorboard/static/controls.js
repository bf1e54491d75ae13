// The column at the left: what is shown, and how.
import { element } from "./element.js";

const PACE = 250; // milliseconds from one step to the next, or as long as drawing takes
const QUANTITIES = [["values", "saliency"], ["std", "standard deviation"]];
const SCALES = [["all steps", "one for all steps"], ["each step", "one for each step"]];

const same = (names) => names.map((name) => [name, name]);

// {node, show(state, first, second, kind), offer(names, state)}; update(changes) is called with what the user chooses.
export function controls(names, colormaps, update) {
  const fields = makeFields(update);
  const player = makePlayer(update);
  const facts = element("dl", { className: "facts" });
  const { choice, slider, show: showFields, fill, hide } = fields;

  const node = element("form", { className: "controls", onsubmit: (event) => event.preventDefault() },
    choice("run", "run", same(names)),
    choice("example", "example", [], Number),
    slider("step", "step", 0, 0, 1),
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
    fill("compareStep", [["", "the same"], ...(second ? second.steps.map((step, k) => [String(k), String(step)]) : [])]);
    fill("view", Object.entries(views).map(([name, { words }]) => [name, words]));
    fields.range("step", Math.max(first.steps.length - 1, 0));
    showFields({ ...state, view });
    fields.words("step", `${first.steps[state.step] ?? "–"}`);
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

function described(facts) {
  return Object.entries(facts)
    .filter(([, value]) => value !== null && value !== false && value !== "")
    .flatMap(([key, value]) => [
      element("dt", {}, key), element("dd", {}, inWords(value)),
    ]);
}

// A JSON value without braces and quotes.
function inWords(value) {
  if (typeof value === "string") return value;
  if (value === null || typeof value !== "object" || Array.isArray(value)) return JSON.stringify(value);
  return Object.entries(value).map(([key, part]) => `${key} ${inWords(part)}`).join(", ");
}

// Labelled lists and sliders by key, the key of the state that they change.
function makeFields(update) {
  const fields = {};

  function choice(key, label, options, read = String) {
    const input = element("select", { id: key, ariaLabel: label, onchange: () => update({ [key]: read(input.value) }) });
    fields[key] = { input, options: null, label: element("label", {}, label, input) };
    fill(key, options);
    return fields[key].label;
  }

  function slider(key, label, low, high, step) {
    const input = element("input", {
      type: "range", id: key, ariaLabel: label, min: low, max: high, step, oninput: () => update({ [key]: Number(input.value) }),
    });
    const output = element("output", {});
    fields[key] = { input, output, label: element("label", {}, label, element("span", { className: "slider" }, input, output)) };
    return fields[key].label;
  }

  // New options, where they are others: an open list stays open.
  function fill(key, options) {
    const field = fields[key];
    if (JSON.stringify(field.options) === JSON.stringify(options)) return;
    field.input.replaceChildren(...options.map(([value, words]) => element("option", { value }, words)));
    field.options = options;
  }

  return {
    choice, slider, fill,
    show: (state) => Object.entries(state).forEach(([key, value]) => { if (fields[key]) fields[key].input.value = String(value ?? ""); }),
    range: (key, high) => { fields[key].input.max = high; },
    words: (key, text) => { fields[key].output.textContent = text; },
    hide: (key, isHidden) => { fields[key].label.hidden = isHidden; },
  };
}

// The button that plays the steps, and the keys: arrows for a step, space for play.
function makePlayer(update) {
  let last = null;
  let playing = false;
  const button = element("button", { id: "play", type: "button", onclick: () => toggle() }, "▶ play");
  const stepCount = () => last?.first.steps.length ?? 0;

  async function toggle() {
    playing = !playing;
    button.textContent = playing ? "⏸ pause" : "▶ play";
    while (playing) {
      const pause = new Promise((go) => setTimeout(go, PACE));
      await update(stepCount() ? { step: (last.state.step + 1) % stepCount() } : {});
      await pause;
    }
  }

  document.addEventListener("keydown", (event) => {
    if (["SELECT", "INPUT"].includes(event.target.tagName)) return;
    const move = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (move && stepCount()) update({ step: Math.min(Math.max(last.state.step + move, 0), stepCount() - 1) });
    if (event.key === " " && event.target.tagName !== "BUTTON") {  // a button takes it as a click
      event.preventDefault();
      toggle();
    }
  });

  return { button, follow: (state, first) => { last = { state, first }; } };
}
