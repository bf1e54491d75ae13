// The maps of one example: a pane a run, what they are compared with, and a difference.
import { element } from "./element.js";
import { paddingOf } from "./kinds.js";
import { difference, drawPane, loadPane } from "./pane.js";
import { scaleOf } from "./scale.js";
import { map } from "./server.js";
import { isSmall } from "./shapes.js";
import { nearest } from "./state.js";
import { insideOf, loadTruth } from "./truth.js";

const AHEAD = 3; // steps that are fetched before they are asked for
const SMALLEST = 220, GAP = 26; // pixels of a pane, and between two
const TRUTH = "#truth"; // what to compare with is the mask of the run itself

export function panes(colormaps, go, color) {
  const node = element("section", { className: "panes" });
  node.setAttribute("aria-label", "maps");
  let pointed = null; // {pane, k}: where the pointer or the focus is; it stays when the step changes
  let taken = []; // what is shown, to take along

  const fail = (error) => {
    taken = [];
    node.replaceChildren(element("p", { className: "message", role: "alert" }, error.message));
  };

  // beside: further runs; second: the run to compare with, or null. Either may be {name, error}.
  async function show(state, first, beside, second) {
    const shown = [await loadPane(state, first, state.index), ...await Promise.all(beside.map((about) => loadOther(state, first, about)))];
    const compared = await loadCompared(state, first, second);
    if (compared) shown.push(compared);
    const [a, b] = [shown[0], compared];
    if (b?.isTruth && !a.error) b.note = insideOf(a, b);
    else if (b && !a.error && !b.error) {
      const less = difference(a, b);
      if (less) shown.push(less);
      else b.note = "There is no difference: the two are of different examples, or of maps of different kinds or shapes.";
    }
    const { side, width } = room(shown.length);
    node.style.setProperty("--side", `${side}px`);
    const together = state.scale === "shown" ? togetherOf(shown, state) : null;
    const drawn = await Promise.all(shown.map((pane, at) => drawPane(pane, {
      state, colormaps, side, width, go, together, color, pointed: (k) => { pointed = k === null ? null : { pane: at, k }; },
    })));
    const focus = focused();
    node.replaceChildren(...drawn.map(({ article }) => article));
    taken = drawn.flatMap(({ label }, at) => (label ? [{ pane: shown[at], label }] : []));
    if (focus) node.children[focus.pane]?.querySelector(`[data-k="${focus.k}"]`)?.focus();
    if (pointed) drawn[pointed.pane]?.say(pointed.k);
    if (!isSmall(first)) fetchAhead(state, shown.filter(({ error, isDifference, isTruth }) => !error && !isDifference && !isTruth));
  }

  // {width, side}: pixels of each pane, and of the longer side of a picture in it, which is not higher than the window.
  function room(count) {
    const all = node.parentElement?.clientWidth ? contentWidth(node.parentElement) : 900;
    const columns = Math.max(1, Math.min(count, Math.floor((all + GAP) / (SMALLEST + GAP))));
    const width = Math.floor((all - GAP * (columns - 1)) / columns) - 2;
    return { width, side: Math.max(Math.min(SMALLEST, width), Math.min(width, window.innerHeight - 220)) };
  }

  function focused() {
    const active = document.activeElement;
    const pane = active?.closest?.(".pane");
    return pane && active.dataset.k !== undefined ? { pane: [...node.children].indexOf(pane), k: active.dataset.k } : null;
  }

  return { node, show, fail, taken: () => taken };
}

function contentWidth(parent) {
  const { paddingLeft, paddingRight } = getComputedStyle(parent);
  return parent.clientWidth - parseFloat(paddingLeft) - parseFloat(paddingRight);
}

// What the first pane is compared with, at the chosen step; nothing where there is no such example.
async function loadCompared(state, first, second) {
  if (state.compareWith === TRUTH) return loadTruth(state, first);
  return second ? loadOther(state, first, second, state.compareStep) : null;
}

// Another run at a step, else at that of the first, else at its last.
async function loadOther(state, first, other, step = null) {
  if (other.error) return { title: other.name, error: other.error };
  if (state.example >= other.examples.length) {
    return { title: other.name, error: new Error(`${other.name} has ${other.examples.length} examples; this is another one. Choose one of those.`) };
  }
  const same = other.steps.indexOf(first.steps[state.index]);
  const index = step !== null ? nearest(other.steps, step) : same >= 0 ? same : other.steps.length - 1;
  return loadPane(state, other, Math.max(index, 0));
}

// One scale for all panes.
function togetherOf(shown, { percentile }) {
  const scales = shown.filter(({ error, isDifference, isTruth }) => !error && !isDifference && !isTruth).flatMap((pane) => {
    try {
      return [scaleOf(pane.values, percentile, paddingOf(pane.kind, pane))];
    } catch {
      return []; // facts that are damaged, which is said when it is drawn
    }
  });
  return { limit: scales.reduce((most, { limit }) => Math.max(most, limit), 0) || 1, signed: scales.some(({ signed }) => signed) };
}

function fetchAhead(state, shown) {
  for (const { about, index, example } of shown) {
    for (const step of about.steps.slice(index + 1, index + 1 + AHEAD)) {
      map(about, step, example, state.quantity).catch(() => {}); // said when it is to be shown
    }
  }
}
