// What is looked at, in one object. Whoever shows something of it subscribes; whoever is clicked changes it.

// show: "one" example or "all"; step: of training, null for the last one; compareStep: null for the same step; beside: further
// runs; ofClass: of maps of classes; right: "", "right" or "wrong"; size: pixels of a picture in the grid; zoom, x, y: times, and the place (0 to 1) that stays.
export const START = {
  show: "one", run: null, beside: [], compareWith: "", example: 0, ofClass: 0, step: null, compareStep: null, view: "overlay", opacity: 0.8,
  colormap: "auto", percentile: 99.5, scale: "all steps", quantity: "values", runFilter: "", sort: "position", descending: false,
  filter: "", right: "", size: 160, tableSort: "position", zoom: 1, x: 0.5, y: 0.5,
};

// {get(), change(changes), subscribe(listener)}; change promises what the listeners promise.
export function createState(values) {
  let state = { ...START, ...values };
  const listeners = [];

  async function change(changes = {}) {
    state = { ...state, ...changes };
    await Promise.all(listeners.map((listener) => listener(state, changes)));
  }

  return { get: () => state, change, subscribe: (listener) => { listeners.push(listener); } };
}

// The nearest to what is wanted that a run has, and the `index` of its step; a run without maps has none of it.
export function possible(state, { examples, steps, has_std, class_count }) {
  return {
    ...state, example: Math.max(0, Math.min(state.example, examples.length - 1)), index: nearest(steps, state.step),
    ofClass: Math.max(0, Math.min(Math.trunc(state.ofClass), (class_count ?? 1) - 1)),
    quantity: has_std ? state.quantity : "values",
  };
}

// The place of the step that is nearest to a wanted one; of the last for null.
export function nearest(steps, wanted) {
  if (wanted === null) return Math.max(steps.length - 1, 0);
  return steps.reduce((best, step, k) => (Math.abs(step - wanted) < Math.abs(steps[best] - wanted) ? k : best), 0);
}
