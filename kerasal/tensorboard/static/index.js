// The tab: a column of controls, panes of maps, and numbers over steps.
import { runs, run, colormaps } from "./server.js";
import { controls } from "./controls.js";
import { panes } from "./panes.js";
import { charts } from "./charts.js";
import { element } from "./element.js";
import { followTheme } from "./theme.js";

const AGAIN = 15000; // milliseconds until a run in training is asked for what is new

const START = {
  run: null, other: "", example: 0, step: 0, otherStep: null, view: "overlay", opacity: 0.6, colormap: "auto",
  percentile: 99.5, scale: "all steps", quantity: "values",
};

// TensorBoard calls this once, in a frame of the tab's own.
export async function render() {
  followTheme();
  document.head.append(element("link", { rel: "stylesheet", href: "./style.css" }));
  const message = element("p", { className: "message", role: "status" }, "Looking for runs …");
  document.body.append(message);
  try {
    const names = await runs();
    if (!names.length) {
      message.textContent = "No run with saliency yet. Add kerasal.SaliencyLogger(log_dir, x) to the callbacks of fit.";
      return;
    }
    const colors = await colormaps();
    message.remove();
    await page(names, colors);
  } catch (error) {
    message.textContent = `What was asked for could not be had: ${error.message}`;
  }
}

async function page(names, colors) {
  const state = { ...START, run: names[0] };
  const known = new Map(); // name -> what the server said of the run
  const holder = element("main", {});
  document.body.append(holder);
  let busy = false;
  let again = false;

  async function learn(name) {
    if (name && !known.has(name)) known.set(name, await run(name));
    return known.get(name);
  }

  // Draws what the state says; changes that come while it draws are drawn together afterwards.
  async function update(changes = {}) {
    Object.assign(state, changes);
    if (busy) {
      again = true;
      return;
    }
    busy = true;
    try {
      const first = await learn(state.run);
      const second = await learn(state.other);
      state.example = Math.min(state.example, first.examples.length - 1);
      state.step = Math.min(state.step, first.steps.length - 1);
      panel.show(state, first, second);
      await view.show(state, first, second);
      graphs.show(state, first, second);
    } catch (error) {
      view.fail(error);
    } finally {
      busy = false;
    }
    if (again) {
      again = false;
      await update();
    }
  }

  // New steps of a training that goes on; who looks at the last one is taken along.
  async function refresh() {
    if (document.hidden) return;
    for (const name of new Set([state.run, state.other].filter((each) => known.has(each)))) {
      const before = known.get(name);
      const now = await run(name).catch(() => before); // a server that is gone for a while
      if (JSON.stringify(now.steps) === JSON.stringify(before.steps)) continue;
      known.set(name, now);
      if (name === state.run && state.step === before.steps.length - 1) state.step = now.steps.length - 1;
      await update();
    }
  }

  // To the step of the first run that is nearest.
  function go(wanted) {
    const distances = known.get(state.run).steps.map((step) => Math.abs(step - wanted));
    update({ step: distances.indexOf(Math.min(...distances)) });
  }

  const panel = controls(names, Object.keys(colors), update);
  const view = panes(colors, go);
  const graphs = charts(go);
  holder.append(panel.node, element("div", { className: "right" }, view.node, graphs.node));
  await update();
  state.step = known.get(state.run).steps.length - 1; // the last map is what most come to see
  await update();
  setInterval(refresh, AGAIN);
  window.addEventListener("focus", refresh);
}
