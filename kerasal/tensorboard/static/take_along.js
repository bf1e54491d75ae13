// Buttons that save what is seen.
import { link } from "./address.js";
import { element } from "./element.js";
import { className } from "./order.js";
import { csv, mapRows, numberRows, png, save } from "./take.js";

// get(): {state, first, abouts, panes, rows}.
export function takeAlong(node, get) {
  const button = (id, words, title, work) => {
    const made = element("button", { type: "button", id, title }, words);
    made.onclick = async () => {
      try {
        await work();
      } catch (error) {
        made.title = `It could not be saved: ${error.message}`;
        made.textContent = `${words} ✗`;
      }
    };
    return made;
  };
  const named = (end) => `${get().state.run.replaceAll(/[^\w.-]+/g, "_")}_step_${get().first.steps[get().state.index]}${get().first.ofClass === undefined ? "" : `_class_${get().first.ofClass}`}.${end}`;
  return [
    button("png", "PNG", "Saves what is seen as a picture, with its bars of colours", async () => save(await png(node), named("png"))),
    button("csv", "CSV", "Saves the numbers of the maps that are shown, or of all examples of the step", () => save(csv(rowsOf(get())), named("csv"))),
    button("numbers", "CSV of all steps", "Saves the numbers of all examples and steps", () => save(csv(numberRows(get().abouts)), named("numbers.csv"))),
  ];
}

// The button that puts the link into the clipboard; where a browser gives none, as over http, into a field to copy it from.
export function copyLink() {
  const field = element("input", { type: "text", id: "linkText", readOnly: true, hidden: true, ariaLabel: "the link" });
  const button = element("button", { type: "button", id: "link", title: "Copies a link that shows what is seen" }, "copy link");
  button.onclick = async () => {
    field.value = link();
    try {
      await navigator.clipboard.writeText(field.value);
      button.textContent = "link copied";
      setTimeout(() => { button.textContent = "copy link"; }, 2000);
    } catch {
      field.hidden = false;
      field.select();
    }
  };
  return [button, field];
}

function rowsOf({ state, first, panes, rows }) {
  if (state.show === "one") return mapRows(panes);
  const names = Object.keys(first.numbers).filter((name) => name !== "prediction");
  return [["run", "step", "example", "label", "prediction", "right", ...names], ...rows.map(({ name, label, numbers, isRight }) => [
    first.name, first.steps[state.index], name, label, numbers.prediction === undefined || numbers.prediction === null ? null
      : className(first, numbers.prediction), isRight === null ? null : String(isRight), ...names.map((key) => numbers[key]),
  ])];
}
