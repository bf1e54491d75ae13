// The tab: a column of controls, panes of maps, and numbers over steps.
import { runs, run, colormaps } from "./server.js";
import { kindOf } from "./kinds.js";
import { controls } from "./controls.js";
import { panes } from "./panes.js";
import { charts } from "./charts.js";
import { element } from "./element.js";
import { followTheme } from "./theme.js";

const REFRESH = 15000; // milliseconds until a run in training is asked for new maps

// Infinity: the last map is what most come to see.
const START = {
  run: null, compareWith: "", example: 0, step: Infinity, compareStep: null, view: "overlay", opacity: 0.8, colormap: "auto",
  percentile: 99.5, scale: "all steps", quantity: "values",
};

// TensorBoard calls this once, in a frame of the tab's own.
export async function render() {
  followTheme();
  document.head.append(element("link", { rel: "stylesheet", href: "./style.css" }));
  const message = element("p", { className: "message", role: "status" }, "Looking for runs …");
  document.body.append(message);
  try {
    let names = await runs();
    while (!names.length) {
      message.textContent = "No run with saliency yet. Add kerasal.SaliencyLogger(log_dir, x) to the callbacks of fit.";
      await pause();
      names = await runs().catch(() => []);
    }
    const colors = await colormaps();
    message.remove();
    await page(names, colors);
  } catch (error) {
    message.textContent = `The page could not be loaded: ${error.message}`;
  }
}

// Until it is time to ask again, or someone comes back to look.
const pause = () => new Promise((go) => {
  setTimeout(go, REFRESH);
  window.addEventListener("focus", go, { once: true });
});

async function page(names, colors) {
  const state = { ...START, run: names[0] };
  const known = new Map(); // name -> what the server said of the run
  const holder = element("main", {});
  document.body.append(holder);
  let busy = false;
  let again = false;

  async function learn(name) {
    if (!known.has(name)) known.set(name, await run(name));
    return known.get(name);
  }

  // Draws the state as it is now; changes that come while it draws are drawn together afterwards.
  async function update(changes = {}) {
    Object.assign(state, changes);
    if (busy) {
      again = true;
      return;
    }
    busy = true;
    try {
      await draw({ ...state });
    } catch (error) {
      view.fail(error);
      graphs.clear();
    } finally {
      busy = false;
    }
    if (again) {
      again = false;
      await update();
    }
  }

  async function draw(wanted) {
    const first = await learn(wanted.run);
    const name = wanted.compareWith;
    const second = name ? await learn(name).catch((error) => ({ name, error })) : null;
    const readable = second?.error ? null : second;
    const shown = possible(wanted, first);
    panel.show(shown, first, readable, await kindOf(first));
    await view.show(shown, first, second);
    if (first.steps.length) graphs.show(shown, first, readable);
    else graphs.clear();
  }

  // New runs, and new maps of a training that goes on or began again; who looks at the last one is taken along.
  async function refresh() {
    if (document.hidden) return;
    panel.offer(names = await runs().catch(() => names), state); // a server may be gone for a while
    for (const name of new Set([state.run, state.compareWith].filter(Boolean))) {
      const before = known.get(name);
      const now = await run(name).catch(() => before);
      if (JSON.stringify(now) === JSON.stringify(before)) continue;
      known.set(name, now);
      if (name === state.run && state.step >= (before?.steps.length ?? 0) - 1) state.step = Infinity;
      await update();
    }
    for (const name of known.keys()) {
      if (name !== state.run && name !== state.compareWith) known.delete(name); // asked for anew when it is chosen
    }
  }

  // To the step of the first run that is nearest.
  function go(wanted) {
    const distances = (known.get(state.run)?.steps ?? []).map((step) => Math.abs(step - wanted));
    if (distances.length) update({ step: distances.indexOf(Math.min(...distances)) });
  }

  const panel = controls(names, Object.keys(colors), update);
  const view = panes(colors, go);
  const graphs = charts(go);
  holder.append(panel.node, element("div", { className: "right" }, view.node, graphs.node));
  await update();
  setInterval(refresh, REFRESH);
  window.addEventListener("focus", refresh);
}

// The nearest to what is wanted that a run has; a run without maps has none of it.
function possible(wanted, { examples, steps, has_std }) {
  const within = (value, count) => Math.max(0, Math.min(value, count - 1));
  return {
    ...wanted, example: within(wanted.example, examples.length), step: within(wanted.step, steps.length),
    quantity: has_std ? wanted.quantity : "values",
  };
}
