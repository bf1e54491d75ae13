// Labelled lists and sliders, by the key of the state that they change.
import { element } from "./element.js";
import { TOOLTIPS } from "./tooltips.js";

export function makeFields(update) {
  const fields = {};

  function choice(key, label, options, read = String) {
    const input = element("select", { id: key, title: TOOLTIPS[key] ?? "", onchange: () => update({ [key]: read(input.value) }) });
    fields[key] = { input, options: null, label: element("label", {}, label, input) };
    fill(key, options);
    return fields[key].label;
  }

  function slider(key, label, low, high, step, read = Number) {
    const input = element("input", {
      type: "range", id: key, title: TOOLTIPS[key] ?? "", min: low, max: high, step, oninput: () => update({ [key]: read(Number(input.value)) }),
    });
    const output = element("output", {});
    fields[key] = { input, output, label: element("label", {}, label, element("span", { className: "slider" }, input, output)) };
    return fields[key].label;
  }

  function search(key, label, placeholder) {
    const input = element("input", { type: "search", id: key, title: TOOLTIPS[key] ?? "", placeholder, oninput: () => update({ [key]: input.value }) });
    fields[key] = { input, label: element("label", {}, label, input) };
    return fields[key].label;
  }

  function tick(key, label) {
    const input = element("input", { type: "checkbox", id: key, title: TOOLTIPS[key] ?? "", onchange: () => update({ [key]: input.checked }) });
    fields[key] = { input, label: element("label", { className: "tick" }, input, label) };
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
    choice, slider, search, tick, fill,
    show: (state) => Object.entries(state).forEach(([key, value]) => { if (fields[key]) set(fields[key].input, value); }),
    range: (key, high) => { fields[key].input.max = high; },
    words: (key, text) => { fields[key].output.textContent = text; },
    hide: (key, isHidden) => { fields[key].label.hidden = isHidden; },
  };
}

// A field that is being written in stays as it is.
function set(input, value) {
  if (input.type === "checkbox") input.checked = value;
  else if (input.type !== "search" || document.activeElement !== input) input.value = String(value ?? "");
}
