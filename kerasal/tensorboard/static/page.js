// The page: views of one state, drawn one at a time, the newest state last.
import { createCatalog } from "./catalog.js";
import { charts } from "./charts.js";
import { controls } from "./controls.js";
import { element } from "./element.js";
import { kindOf } from "./kinds.js";
import { panes } from "./panes.js";
import { cancellable } from "./server.js";
import { createState, nearest, possible } from "./state.js";

const REFRESH = 15000; // milliseconds until a run in training is asked for new maps
const PATIENCE = 150; // milliseconds after which what is no longer wanted is given up

export async function page(names, colors) {
  const catalog = createCatalog(names);
  const state = createState({ run: names[0] });
  const panel = controls(names, Object.keys(colors), state.change);
  const view = panes(colors, go);
  const graphs = charts(go);
  document.body.append(element("main", {}, panel.node, element("div", { className: "right" }, view.node, graphs.node)));
  state.subscribe(inTurn(draw, view));
  await state.change();
  setInterval(refresh, REFRESH);
  window.addEventListener("focus", refresh);

  async function draw(wanted) {
    const first = await catalog.learn(wanted.run);
    const name = wanted.compareWith;
    const second = name ? await catalog.learn(name).catch((error) => ({ name, error })) : null;
    const readable = second?.error ? null : second;
    const shown = possible(wanted, first);
    panel.show(shown, first, readable, await kindOf(first));
    await view.show(shown, first, second);
    if (first.steps.length) graphs.show(shown, first, readable);
    else graphs.clear();
  }

  // One draws after another; changes that come meanwhile are drawn together afterwards, and what takes long is given up for them.
  function inTurn(work, { fail, wait }) {
    let busy = false;
    let again = false;
    let giveUp = () => {};
    return async function next() {
      wait(true);
      if (busy) {
        again = true;
        giveUp();
        return;
      }
      busy = true;
      do {
        again = false;
        const began = performance.now();
        const request = cancellable();
        giveUp = () => { setTimeout(() => { if (again) request.abort(); }, Math.max(0, PATIENCE + began - performance.now())); };
        try {
          await work(state.get());
        } catch (error) {
          if (!again) {
            fail(error);
            graphs.clear();
          }
        }
      } while (again);
      busy = false;
      wait(false);
    };
  }

  // New runs, and new maps of a training that goes on or began again; who looks at the last one is taken along.
  async function refresh() {
    if (document.hidden) return;
    const { run, compareWith } = state.get();
    const changed = await catalog.refresh(new Set([run, compareWith].filter(Boolean)));
    panel.offer(catalog.names(), state.get());
    for (const [name, before] of changed) {
      const { run: first, step } = state.get();
      const steps = before?.steps ?? [];
      const isLast = name === first && nearest(steps, step) >= steps.length - 1;
      await state.change(isLast ? { step: null } : {});
    }
  }

  // To the step of the first run that is nearest.
  function go(wanted) {
    const steps = catalog.get(state.get().run)?.steps ?? [];
    if (steps.length) state.change({ step: steps[nearest(steps, wanted)] });
  }
}
