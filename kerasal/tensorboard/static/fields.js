// Labelled lists and sliders, by the key of the state that they change.
import { element } from "./element.js";

export function makeFields(update) {
  const fields = {};

  function choice(key, label, options, read = String) {
    const input = element("select", { id: key, ariaLabel: label, onchange: () => update({ [key]: read(input.value) }) });
    fields[key] = { input, options: null, label: element("label", {}, label, input) };
    fill(key, options);
    return fields[key].label;
  }

  function slider(key, label, low, high, step, read = Number) {
    const input = element("input", {
      type: "range", id: key, ariaLabel: label, min: low, max: high, step, oninput: () => update({ [key]: read(Number(input.value)) }),
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
