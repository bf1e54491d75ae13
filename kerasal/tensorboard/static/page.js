// The page: views of one state, drawn one at a time, the newest state last.
import { fromAddress, toAddress } from "./address.js";
import { createCatalog } from "./catalog.js";
import { charts } from "./charts.js";
import { comparedClass, ofClass } from "./classes.js";
import { controls } from "./controls.js";
import { element } from "./element.js";
import { grid } from "./grid.js";
import { inTurn } from "./in_turn.js";
import { keys } from "./keys.js";
import { kindOf } from "./kinds.js";
import { panes } from "./panes.js";
import { runColors } from "./run_order.js";
import { createState, nearest, possible } from "./state.js";
import { copyLink, takeAlong } from "./take_along.js";
import { timeline } from "./timeline.js";
import { isOfRun } from "./truth.js";
import { zoomable } from "./zoom.js";

const REFRESH = 15000; // milliseconds until a run in training is asked for new maps

export async function page(names, colors) {
  const catalog = createCatalog(names);
  const state = createState({ run: names[0], ...fromAddress() });
  let drawn = { state: state.get(), first: null, abouts: [] }; // what the page shows
  let color = () => "#425066";
  const strip = timeline(colors, go);
  const view = panes(colors, go, (name) => color(name));
  const all = grid({ colormaps: colors, update: state.change });
  const graphs = charts(go);
  const right = element("div", { className: "right" }, view.node, all.node, graphs.node);
  const take = takeAlong(right, () => ({ ...drawn, panes: view.taken(), rows: all.rows() }), state.change);
  const help = element("button", { type: "button", id: "help", title: "Keys of this page (?)", ariaLabel: "help: keys", onclick: () => openHelp() }, "?");
  const panel = controls(names, Object.keys(colors), state.change, { buttons: [help, ...take, ...copyLink()], timeline: strip.node });
  const openHelp = keys(() => ({ ...drawn, wanted: state.get(), runs: catalog.names() }), state.change, panel.toggle).open;
  const enlarge = zoomable(right, state.get, state.change);
  document.body.append(element("main", {}, panel.node, right));
  state.subscribe(toAddress);
  state.subscribe(enlarge);
  const redraw = inTurn(() => draw(state.get()), { fail, wait });
  state.subscribe((_, changes) => (Object.keys(changes).some((key) => !["zoom", "x", "y"].includes(key)) ? redraw() : null));
  enlarge(state.get());
  await redraw();
  setInterval(refresh, REFRESH);
  window.addEventListener("focus", refresh);
  window.addEventListener("resize", () => { if (state.get().show === "one") redraw(); });

  function learned(name) {
    return catalog.learn(name).catch((error) => ({ name, error }));
  }

  async function draw(wanted) {
    color = await runColors(catalog.names());
    panel.offer(catalog.names(), wanted, color, catalog.get(wanted.run));
    const whole = await catalog.learn(wanted.run);
    const shown = possible(wanted, whole);
    const seen = (about) => ofClass(about, shown.ofClass);
    const first = seen(whole);
    const beside = (await Promise.all(wanted.beside.filter((name) => name !== wanted.run).map(learned))).map(seen);
    const second = isOfRun(wanted.compareWith) ? seen(await learned(wanted.compareWith)) : comparedClass(whole, wanted.compareWith);
    const kind = await kindOf(first);
    panel.offer(catalog.names(), shown, color, first);
    panel.show(shown, first, second?.error ? null : second, kind);
    const isAll = shown.show === "all";
    right.classList.toggle("one", !isAll);
    [view.node.hidden, graphs.node.hidden, all.node.hidden] = [isAll, isAll, !isAll];
    await (isAll ? all.show(shown, first) : view.show(shown, first, beside, second));
    const abouts = [...new Map([first, ...beside, second].filter((about) => about && !about.error).map((about) => [about.name, about])).values()];
    if (first.steps.length) graphs.show(shown, abouts, color);
    else graphs.clear();
    drawn = { state: shown, first, abouts };
    strip.show(shown, first, kind);
  }

  function fail(error) {
    (state.get().show === "all" ? all : view).fail(error);
    graphs.clear();
  }

  // What is shown is not yet what was chosen: it is dimmed if that lasts.
  function wait(isWaiting) {
    right.classList.toggle("waiting", isWaiting);
    right.ariaBusy = String(isWaiting);
  }

  // New runs, and new maps of a training that goes on or began again; who looks at the last one is taken along.
  async function refresh() {
    if (document.hidden) return;
    const { run, beside, compareWith } = state.get();
    const changed = await catalog.refresh(new Set([run, ...beside, compareWith].filter((name) => name === run || beside.includes(name) || isOfRun(name))));
    panel.offer(catalog.names(), state.get(), color, drawn.first);
    for (const [name, before] of changed) {
      const { run: first, step } = state.get();
      const steps = before?.steps ?? [];
      const isLast = name === first && nearest(steps, step) >= steps.length - 1;
      await state.change(isLast ? { step: null } : { run: first });
    }
  }

  // To the step of the first run that is nearest.
  function go(wanted) {
    const steps = catalog.get(state.get().run)?.steps ?? [];
    if (steps.length) state.change({ step: steps[nearest(steps, wanted)] });
  }
}
