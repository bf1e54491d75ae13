// The runs by checkbox and regular expression: those that stand beside the first.
import { element } from "./element.js";

// {node, show(names, state, color)}; update(changes) is called with what the user chooses.
export function runsList(update) {
  const search = element("input", {
    type: "search", id: "runFilter", placeholder: "regular expression", title: "Lists runs whose names fit, e.g. seed_[0-3]$",
    oninput: () => update({ runFilter: search.value }),
  });
  search.setAttribute("aria-label", "runs whose names fit a regular expression");
  const list = element("div", { className: "runs" });
  const node = element("fieldset", {}, element("legend", {}, "runs beside it"), search, list);

  function show(names, state, color) {
    if (document.activeElement !== search) search.value = state.runFilter;
    const fits = filterOf(state.runFilter);
    search.setAttribute("aria-invalid", String(fits === null));
    const shown = names.filter((name) => name === state.run || !fits || fits.test(name));
    const focused = document.activeElement?.dataset?.run;
    list.replaceChildren(...shown.map((name) => row(name, state, color(name))));
    if (focused) [...list.querySelectorAll("input")].find((box) => box.dataset.run === focused)?.focus();
  }

  function row(name, state, color) {
    const box = element("input", { type: "checkbox", checked: name === state.run || state.beside.includes(name), disabled: name === state.run,
      title: name === state.run ? "The run that is shown" : `Shows ${name} beside the first` });
    box.dataset.run = name;
    box.onchange = () => update({ beside: box.checked ? [...state.beside, name] : state.beside.filter((each) => each !== name) });
    const mark = element("i", { className: "swatch" });
    mark.style.background = color;
    return element("label", { className: "run", title: name }, box, mark, element("span", {}, name));
  }

  return { node, show };
}

// null where it is no regular expression.
export function filterOf(text) {
  try {
    return new RegExp(text, "i");
  } catch {
    return null;
  }
}
