// Buttons that save what is seen.
import { link } from "./address.js";
import { element } from "./element.js";
import { className } from "./order.js";
import { film } from "./film.js";
import { blobOf, csv, mapRows, numberRows, pictureOf, save } from "./take.js";

const MOST = 100; // pictures of a film
const PACE = 250; // milliseconds of each

// get(): {state, first, abouts, panes, rows}; update(changes) promises that they are drawn.
export function takeAlong(node, get, update) {
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
  const steps = async () => {
    const { state, first } = get();
    const every = Math.ceil(first.steps.length / MOST);
    const pictures = [];
    for (const step of first.steps.filter((_, k) => k % every === 0 || k === first.steps.length - 1)) {
      await update({ step });
      pictures.push(await pictureOf(node));
    }
    await update({ step: state.step });
    return pictures;
  };
  const named = (end) => `${get().state.run.replaceAll(/[^\w.-]+/g, "_")}_step_${get().first.steps[get().state.index]}${get().first.ofClass === undefined ? "" : `_class_${get().first.ofClass}`}.${end}`;
  return [
    button("png", "PNG", "Saves what is seen as a picture, with its bars of colours", async () => save(await blobOf(await pictureOf(node)), named("png"))),
    button("film", "film", `Saves the steps one after another as an animated PNG; of more than ${MOST} every second, third …`, async () =>
      save(await film(await steps(), PACE), named("film.png"))),
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
