// The column at the left: what is shown, and how.
import { element } from "./element.js";

const VIEWS = ["overlay", "side by side", "heat", "original"];
const PACE = 250; // milliseconds from one step to the next, or as long as drawing takes

export function controls(names, colormaps, update) {
  const fields = {};

  function choice(key, label, options, read = String) {
    const list = element("select", { id: key, ariaLabel: label, onchange: () => update({ [key]: read(list.value) }) });
    fields[key] = { list, options: null };
    fill(key, options);
    return element("label", {}, label, list);
  }

  function fill(key, options) {
    const field = fields[key];
    const same = field.options && JSON.stringify(field.options) === JSON.stringify(options);
    if (!same) {
      field.list.replaceChildren(...options.map(([value, words]) => element("option", { value }, words)));
      field.options = options;
    }
  }

  function slider(key, label, low, high, step) {
    const input = element("input", {
      type: "range", id: key, ariaLabel: label, min: low, max: high, step, oninput: () => update({ [key]: Number(input.value) }),
    });
    const value = element("output", {});
    fields[key] = { input, value };
    return element("label", {}, label, element("span", { className: "slider" }, input, value));
  }

  const plain = (options) => options.map((option) => [option, option]);
  const play = element("button", { id: "play", type: "button", onclick: () => toggle() }, "▶ play");
  const facts = element("dl", { className: "facts" });
  let last = null;

  let playing = false;

  async function toggle() {
    playing = !playing;
    play.textContent = playing ? "⏸ pause" : "▶ play";
    while (playing) {
      const pause = new Promise((go) => setTimeout(go, PACE));
      await update(last?.first.steps.length ? { step: (last.state.step + 1) % last.first.steps.length } : {});
      await pause;
    }
  }

  document.addEventListener("keydown", (event) => {
    if (["SELECT", "INPUT"].includes(event.target.tagName)) return;
    const move = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const count = last?.first.steps.length;
    if (move && count) update({ step: Math.min(Math.max(last.state.step + move, 0), count - 1) });
    if (event.key === " " && event.target.tagName !== "BUTTON") {  // a button takes it as a click
      event.preventDefault();
      toggle();
    }
  });

  const beside = (all) => [["", "nothing"], ...plain(all)];

  const node = element("form", { className: "controls", onsubmit: (event) => event.preventDefault() },
    choice("run", "run", plain(names)),
    choice("example", "example", [], Number),
    slider("step", "step", 0, 0, 1),
    play,
    choice("other", "beside it", beside(names)),
    choice("otherStep", "its step", [], (value) => (value === "" ? null : Number(value))),
    choice("view", "view", plain(VIEWS)),
    slider("opacity", "opacity", 0, 1, 0.05),
    choice("quantity", "quantity", [["values", "saliency"], ["std", "standard deviation"]]),
    choice("colormap", "colours", plain(["auto", ...colormaps])),
    choice("scale", "scale", plain(["all steps", "each step"])),
    slider("percentile", "clip at percentile", 90, 100, 0.1),
    facts);

  // Runs that are there by now, with those that are looked at.
  function offer(all, state) {
    const runs = [...new Set([...all, state.run, ...(state.other ? [state.other] : [])])].sort();
    fill("run", plain(runs));
    fill("other", beside(runs));
    fields.run.list.value = state.run;
    fields.other.list.value = state.other;
  }

  function show(state, first, second) {
    last = { state, first };
    fill("example", first.examples.map((example, n) => [String(n), example]));
    fill("otherStep", [["", "the same"], ...(second ? second.steps.map((step, k) => [String(k), String(step)]) : [])]);
    fields.step.input.max = Math.max(first.steps.length - 1, 0);
    for (const [key, field] of Object.entries(fields)) {
      const value = state[key] ?? "";
      if (field.list) field.list.value = String(value);
      else field.input.value = value;
    }
    fields.step.value.textContent = `${first.steps[state.step] ?? "–"}`;
    fields.opacity.value.textContent = state.opacity.toFixed(2);
    fields.percentile.value.textContent = `${state.percentile}`;
    fields.quantity.list.disabled = !first.has_std;
    fields.opacity.input.disabled = !first.images || !["overlay", "side by side"].includes(state.view);
    fields.view.list.disabled = !first.images;
    fields.otherStep.list.disabled = !second;
    const told = { score: first.score, ...first.recipe, disk: first.disk };
    facts.replaceChildren(...Object.entries(told)
      .filter(([, value]) => value !== null && value !== false && value !== "")
      .flatMap(([key, value]) => [
        element("dt", {}, key), element("dd", {}, typeof value === "string" ? value : JSON.stringify(value)),
      ]));
  }

  return { node, show, offer };
}
