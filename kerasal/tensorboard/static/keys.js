// The keys, and a page that tells them.
import { element } from "./element.js";
import { zoomed } from "./zoom.js";

const KEYS = [
  ["→ ←", "next and previous step"], ["Home End", "first and last step"], ["e E", "next and previous example"],
  ["c C", "next and previous class"], ["r R", "next and previous run"], ["Space", "play and pause"], ["g", "all examples, or one"], ["+ − 0", "zoom in, out, and back"],
  ["?", "this page"], ["Esc", "close it"],
];

// get(): {state (as it is shown), wanted (as it is), first, runs}, first null where nothing can be shown; toggle(): plays.
export function keys(get, update, toggle) {
  const close = element("button", { type: "button", onclick: () => dialog.close() }, "close");
  const rows = KEYS.map(([key, words]) => element("tr", {}, element("th", { scope: "row" }, key), element("td", {}, words)));
  const mouse = "Over a picture: Control and the wheel zoom, dragging pans, a double click goes back. A click into a chart goes to its step.";
  const dialog = element("dialog", { className: "help" },
    element("h2", { id: "help-title" }, "Keys"), element("table", {}, element("tbody", {}, ...rows)), element("p", {}, mouse), close);
  dialog.setAttribute("aria-labelledby", "help-title");
  const open = () => { if (!dialog.open) dialog.showModal(); };

  const moves = {
    ArrowRight: () => step((k) => k + 1), ArrowLeft: () => step((k) => k - 1), Home: () => step(() => 0), End: () => step(() => Infinity),
    e: () => example(1), E: () => example(-1), c: () => ofClass(1), C: () => ofClass(-1), r: () => run(1), R: () => run(-1), " ": toggle, "?": open,
    g: () => update({ show: get().state.show === "all" ? "one" : "all" }),
    "+": () => update(zoomed(get().wanted, 1.5)), "-": () => update(zoomed(get().wanted, 1 / 1.5)), 0: () => update({ zoom: 1, x: 0.5, y: 0.5 }),
  };

  function step(move) {
    const { state, first } = get();
    const steps = first?.steps ?? [];
    if (steps.length) update({ step: steps[within(move(state.index), steps.length)] });
  }

  function example(by) {
    const { state, first } = get();
    if (first) update({ example: within(state.example + by, first.examples.length) });
  }

  function ofClass(by) {
    const { state, first } = get();
    if (first?.class_count) update({ ofClass: within(state.ofClass + by, first.class_count) });
  }

  function run(by) {
    const { state, runs } = get();
    update({ run: runs[within(runs.indexOf(state.run) + by, runs.length)] });
  }

  document.addEventListener("keydown", (event) => {
    const { target, key } = event;
    const isField = target.tagName === "SELECT" || (target.tagName === "INPUT" && !["checkbox", "radio"].includes(target.type));
    if (isField || event.ctrlKey || event.metaKey || event.altKey || dialog.open || !Object.hasOwn(moves, key)) return;
    if (key === " " && ["BUTTON", "INPUT", "SUMMARY"].includes(target.tagName)) return; // they take it as a click
    event.preventDefault();
    moves[key]();
  });

  document.body.append(dialog);
  return { open };
}

const within = (k, count) => Math.max(0, Math.min(k, count - 1));
