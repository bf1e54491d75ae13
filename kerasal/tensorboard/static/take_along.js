// Buttons that save what is seen.
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

function rowsOf({ state, first, panes, rows }) {
  if (state.show === "one") return mapRows(panes);
  const names = Object.keys(first.numbers).filter((name) => name !== "prediction");
  return [["run", "step", "example", "label", "prediction", "right", ...names], ...rows.map(({ name, label, numbers, isRight }) => [
    first.name, first.steps[state.index], name, label, numbers.prediction === undefined || numbers.prediction === null ? null
      : className(first, numbers.prediction), isRight === null ? null : String(isRight), ...names.map((key) => numbers[key]),
  ])];
}
