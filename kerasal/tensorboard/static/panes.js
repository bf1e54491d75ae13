// The maps: one pane, or two and their difference.
import { element } from "./element.js";
import { difference, drawPane, loadPane } from "./pane.js";
import { map } from "./server.js";
import { isSmall } from "./shapes.js";
import { nearest } from "./state.js";

const AHEAD = 3; // steps that are fetched before they are asked for
const LARGEST = 400, SMALLEST = 220, GAP = 26; // pixels of the longer side of a map, and between two

export function panes(colormaps, go) {
  const node = element("section", { className: "panes", ariaLabel: "maps" });
  let pointed = null; // {pane, k}: where the pointer or the focus is; it stays when the step changes

  const fail = (error) => node.replaceChildren(element("p", { className: "message", role: "alert" }, error.message));

  // What is shown is not yet what was chosen: it is dimmed if that lasts.
  function wait(isWaiting) {
    node.classList.toggle("waiting", isWaiting);
    node.ariaBusy = String(isWaiting);
  }

  async function show(state, first, second) {
    const shown = [await loadPane(state, first, state.index)];
    if (second) shown.push(...await loadSecond(state, first, second));
    const canCompare = shown.length > 1 && !shown.some(({ error }) => error);
    const compared = canCompare ? difference(...shown) : null;
    if (compared) shown.push(compared);
    const side = Math.max(SMALLEST, Math.min(LARGEST, node.clientWidth / shown.length - GAP)); // all in one row, if they fit
    node.style.setProperty("--side", `${Math.floor(side)}px`);
    const drawn = await Promise.all(shown.map((pane, at) => drawPane(pane, {
      state, colormaps, side, go, pointed: (k) => { pointed = k === null ? null : { pane: at, k }; },
    })));
    const focus = focused();
    node.replaceChildren(...drawn.map(({ article }) => article));
    if (focus) node.children[focus.pane]?.querySelector(`[data-k="${focus.k}"]`)?.focus();
    if (pointed) drawn[pointed.pane]?.say(pointed.k);
    if (!isSmall(first)) fetchAhead(state, shown.filter(({ error, isDifference }) => !error && !isDifference));
  }

  function focused() {
    const active = document.activeElement;
    const pane = active?.closest?.(".pane");
    return pane && active.dataset.k !== undefined ? { pane: [...node.children].indexOf(pane), k: active.dataset.k } : null;
  }

  return { node, show, fail, wait };
}

// The run to compare with, at the chosen step, else at the same step, else at its last; nothing where it has no such example.
async function loadSecond(state, first, second) {
  if (second.error) return [{ title: second.name, error: second.error }];
  if (state.example >= second.examples.length) return [];
  const same = second.steps.indexOf(first.steps[state.index]);
  const wanted = same >= 0 ? same : second.steps.length - 1;
  return [await loadPane(state, second, state.compareStep === null ? wanted : nearest(second.steps, state.compareStep))];
}

function fetchAhead(state, shown) {
  for (const { about, index, example } of shown) {
    for (const step of about.steps.slice(index + 1, index + 1 + AHEAD)) {
      map(about, step, example, state.quantity).catch(() => {}); // said when it is to be shown
    }
  }
}
