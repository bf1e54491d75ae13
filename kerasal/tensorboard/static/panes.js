// The maps: one pane, or two and their difference.
import { coloring, gradient } from "./colors.js";
import { element, short } from "./element.js";
import { kindOf } from "./kinds.js";
import { scaleOf, scaleOfSteps } from "./scale.js";
import { history, image, map } from "./server.js";
import { isSmall } from "./shapes.js";

const AHEAD = 3; // steps that are fetched before they are asked for
const SIDE = 400, SMALLEST = 220, GAP = 26; // pixels of the longer side of a map, and between two

export function panes(colormaps, go) {
  const node = element("section", { className: "panes", ariaLabel: "maps" });
  let pointed = null; // {pane, k}: where the pointer or the focus is; it stays when the step changes

  const fail = (error) => node.replaceChildren(element("p", { className: "message", role: "alert" }, error.message));

  async function show(state, first, second) {
    const shown = [await loaded(state, first, state.step)];
    if (second && !second.error && state.example < second.examples.length) {
      const same = second.steps.indexOf(first.steps[state.step]);
      const index = state.otherStep ?? (same >= 0 ? same : second.steps.length - 1);
      shown.push(await loaded(state, second, Math.min(index, second.steps.length - 1)));
    } else if (second?.error) {
      shown.push({ title: second.name, error: second.error });
    }
    const whole = shown.length > 1 && !shown.some(({ error }) => error);
    if (whole && comparable(...shown)) shown.push(difference(...shown));
    const original = await image(first, state.example).catch(() => null); // then heat alone
    const side = Math.max(SMALLEST, Math.min(SIDE, node.clientWidth / shown.length - GAP)); // all in one row, if they fit
    node.style.setProperty("--side", `${Math.floor(side)}px`);
    const drawn = await Promise.all(shown.map((pane, at) => (pane.error ? told(pane, pane.error)
      : draw(pane, at, { state, original, side }).catch((error) => told(pane, error)))));
    const focus = focused();
    node.replaceChildren(...drawn.map(({ article }) => article));
    if (focus) node.children[focus.pane]?.querySelector(`[data-k="${focus.k}"]`)?.focus();
    if (pointed) drawn[pointed.pane]?.tell?.(pointed.k);
    if (!isSmall(first)) fetchAhead(state, shown.filter(({ error }) => !error));
  }

  async function draw(pane, at, given) {
    const { state } = given;
    const kind = kindOf(pane.about);
    const own = scaleOf(pane.about, pane.example, pane.values, state.percentile);
    const all = pane.alone || state.scale === "each step" ? own : await scaleOfSteps(pane.about, pane.example, state.quantity, state.percentile);
    const signed = pane.alone || all.signed || own.signed;
    const colors = coloring(colormaps, pane.alone ? "red-blue" : state.colormap, kind.unsigned, all.limit, signed);
    const under = element("div", { className: "under", ariaLive: "polite" }, "\u00a0");
    const point = (k) => {
      pointed = k === null ? null : { pane: at, k };
      tell(k);
    };
    const past = (quantity) => history(pane.about, pane.example, quantity);
    const { nodes, label } = await kind.draw(pane, colors, { ...given, point, go, past });
    async function tell(k) {
      if (k === null || !(k < pane.values.length)) {
        under.textContent = "\u00a0";
        return;
      }
      const words = `${label(k)}: ${short(pane.values[k])}`;
      const spread = (std) => (std ? ` ± ${short(std[k])}` : "");
      under.textContent = words + spread(pane.std);
      if (!pane.std && pane.later) {
        pane.std = await pane.later().catch(() => null);
        if (under.textContent === words) under.textContent = words + spread(pane.std);
      }
    }
    const heading = element("h2", {}, pane.title);
    const parts = [heading, nodes[0], under, ...nodes.slice(1), pane.alone ? "" : numbersOf(pane)];
    if (kind.bar) parts.push(bar(colors));
    const { trouble } = pane.about;
    if (trouble && !pane.alone) parts.push(element("p", { className: "note", role: "alert" }, trouble));
    return { article: element("article", { className: `pane of-${kind.name}` }, ...parts), tell };
  }

  function focused() {
    const active = document.activeElement;
    const pane = active?.closest?.(".pane");
    return pane && active.dataset.k !== undefined ? { pane: [...node.children].indexOf(pane), k: active.dataset.k } : null;
  }

  return { node, show, fail };
}

// A pane that says what went wrong; the others are as they are.
function told({ title }, { message }) {
  const parts = [element("h2", {}, title), element("p", { className: "message", role: "alert" }, message)];
  return { article: element("article", { className: "pane" }, ...parts) };
}

async function loaded(state, about, index) {
  const step = about.steps[index];
  const title = step === undefined ? about.name : `${about.name} · step ${step}`;
  try {
    if (step === undefined) {
      throw new Error(`No map yet: ${about.name} has begun, and its maps are shown once they are written.`);
    }
    return { ...(await load(state, about, step)), index, title };
  } catch (error) {
    return { title, error };
  }
}

// What a pane shows. The standard deviation of a large map comes when the pointer asks for it.
async function load({ example, quantity }, about, step) {
  const values = await map(about, step, example, quantity);
  const spread = about.has_std && quantity === "values" ? () => map(about, step, example, "std") : null;
  const std = spread && isSmall(about) ? await spread().catch(() => null) : null;
  return { about, example, step, values, std, later: spread };
}

// Whether two panes show numbers of the same things.
function comparable(a, b) {
  const things = ({ about, example }) => JSON.stringify([kindOf(about).name, about.tokens?.[example], about.molecules?.[example]]);
  return a.values.length === b.values.length && things(a) === things(b);
}

function difference(a, b) {
  const values = a.values.map((value, k) => value - b.values[k]);
  return { ...a, values, std: null, later: null, title: "difference, first − second", alone: true };
}

function fetchAhead(state, shown) {
  for (const pane of shown.filter(({ alone }) => !alone)) {
    for (const step of pane.about.steps.slice(pane.index + 1, pane.index + 1 + AHEAD)) {
      map(pane.about, step, pane.example, state.quantity).catch(() => {}); // told when it is to be shown
    }
  }
}

function numbersOf({ about, index, example }) {
  const numbers = Object.entries(about.numbers).map(([name, of]) => [name, of[index]?.[example] ?? null]);
  const words = numbers.filter(([, value]) => value !== null).map(([name, value]) => `${name} ${short(value)}`);
  return element("div", { className: "numbers" }, words.join(" · "));
}

function bar({ palette, limit, signed }) {
  const strip = element("span", { className: "strip" });
  strip.style.background = gradient(palette);
  return element("div", { className: "bar" }, short(signed ? -limit : 0), strip, short(limit));
}
