// One pane: a map of one example at one step, drawn by its kind, or the difference of two.
import { bar } from "./color_bar.js";
import { classWords } from "./classes.js";
import { coloring } from "./colors.js";
import { element, short } from "./element.js";
import { histogram } from "./histogram.js";
import { kindOf, paddingOf, plain } from "./kinds.js";
import { className } from "./order.js";
import { scaleOf, scaleOfSteps } from "./scale.js";
import { array, history, map } from "./server.js";
import { isSmall } from "./shapes.js";

// What a pane shows: {about, kind, facts, example, step, index, values, std, later, title, isDifference}, or {title, error}.
// The standard deviation of a large map comes `later`, when the pointer asks for it.
export async function loadPane({ example, quantity }, about, index) {
  const step = about.steps[index];
  const title = step === undefined ? about.name : `${about.name} · ${about.examples[example]} · step ${step}${classWords(about)}`;
  try {
    if (step === undefined) {
      throw new Error(`No map yet: ${about.name} has begun, and its maps are shown once they are written.`);
    }
    const [values, kind] = await Promise.all([map(about, step, example, quantity), kindOf(about)]);
    const later = about.has_std && quantity === "values" ? () => map(about, step, example, "std") : null;
    const std = later && isSmall(about) ? await later().catch(() => null) : null;
    return { about, kind, facts: about.facts, example, step, index, values, std, later, title, isDifference: false };
  } catch (error) {
    return { title, error };
  }
}

// The difference of two panes that show numbers of the same things, or null.
export function difference(a, b) {
  const subject = ({ kind, facts, example }) => JSON.stringify([kind.name, kind.subject(facts, example)]);
  try {
    if (a.values.length !== b.values.length || subject(a) !== subject(b)) return null;
  } catch {
    return null; // facts that are damaged
  }
  const values = a.values.map((value, k) => value - b.values[k]);
  return { ...a, values, std: null, later: null, note: "", title: "difference, first − compared", isDifference: true };
}

// {article, say(position or null), label}: a pane as it is shown. A kind that cannot draw it leaves the numbers themselves.
// tools: {state, colormaps, side, width, go, together (the scale of all panes, or null), color(run), pointed(position or null)}.
export async function drawPane(pane, tools) {
  if (pane.error) return failedPane(pane, pane.error);
  try {
    return await drawAs(pane.kind, pane, tools);
  } catch (error) {
    const note = `The kind “${pane.kind.name}” cannot draw this, so the numbers themselves are shown: ${error.message}`;
    return plain(note).then((kind) => drawAs(kind, pane, tools)).catch((other) => failedPane(pane, other));
  }
}

// A pane that says what went wrong; the others are as they are.
function failedPane({ title }, { message }) {
  const parts = [element("h2", {}, title), element("p", { className: "message", role: "alert" }, message)];
  return { article: element("article", { className: "pane" }, ...parts), say: () => {} };
}

async function drawAs(kind, pane, { state, colormaps, side, width, go, together, color, pointed }) {
  const { about, example } = pane;
  const [colors, scaleWords] = await coloringOf(kind, pane, state, colormaps, together);
  const line = element("div", { className: "under", ariaLive: "polite" }, "\u00a0");
  const point = (k) => {
    pointed(k);
    say(k);
  };
  const names = Object.keys(kind.views(about));
  const { nodes, label } = await kind.draw(pane, colors, {
    state, side, width, point, go, view: names.includes(state.view) ? state.view : names[0],
    array: (name) => array(about, name, example), history: (quantity) => history(about, example, quantity),
  });
  const say = (k) => sayPosition(line, pane, label, k);
  const said = about.notes?.[pane.step] ?? ""; // of the training, e.g. that this is the model that is left behind
  const notes = [kind.note, pane.isDifference ? "" : about.trouble].filter(Boolean);
  const parts = [headingOf(pane, color), ...notes.map((note) => element("p", { className: "note", role: "alert" }, note))];
  parts.push(nodes[0], line, ...nodes.slice(1));
  if (said && !pane.isDifference && !pane.isTruth) parts.push(element("p", { className: "note said" }, said));
  if (pane.note) parts.push(element("p", { className: "note" }, pane.note));
  if (!pane.isDifference && !pane.isTruth) parts.push(numbersOf(pane));
  parts.push(kind.hasBar ? bar(colors) : "", element("div", { className: "note" }, scaleWords));
  if (!pane.isTruth) parts.push(histogram(paddingOf(kind, pane)(pane.values), colors));
  const article = element("article", { className: `pane of-${kind.name}` }, ...parts);
  article.style.maxWidth = `${width}px`;
  return { article, say, label };
}

// The colours of a pane, and words for their scale.
async function coloringOf(kind, pane, state, colormaps, together) {
  const { about, example, values, isDifference, isTruth } = pane;
  const withoutPadding = paddingOf(kind, pane);
  const { quantity, percentile, scale, colormap } = state;
  if (isTruth) return [coloring(colormaps, "grey", "grey", 1, false), "inside is white"];
  const own = scaleOf(values, percentile, withoutPadding);
  const clipped = percentile < 100 ? `, clipped at percentile ${percentile}` : "";
  if (isDifference) return [coloring(colormaps, "red-blue", kind.unsigned, own.limit, true), `a scale of its own${clipped}, zero is white`];
  const [{ limit, signed }, words] = scale === "each step" ? [own, "a scale of its own"]
    : together ? [together, "one scale for all maps that are shown"]
    : [await scaleOfSteps(about, example, quantity, percentile, withoutPadding), `one scale for all steps of this run${about.ofClass === undefined ? "" : " and class"}`];
  return [coloring(colormaps, colormap, kind.unsigned, limit, signed || own.signed), words + clipped];
}

function headingOf({ about, title, isDifference, isTruth }, color) {
  const mark = element("i", { className: "swatch" });
  if (!isDifference && !isTruth) mark.style.background = color(about.name);
  return element("h2", { title }, mark, title);
}

// The name of a position and its number, with the standard deviation as soon as it is known.
async function sayPosition(line, pane, label, k) {
  if (k === null || !(k < pane.values.length)) {
    line.textContent = "\u00a0";
    return;
  }
  const words = `${label(k)}: ${short(pane.values[k])}`;
  const spread = (std) => (std ? ` ± ${short(std[k])}` : "");
  line.textContent = words + spread(pane.std);
  if (!pane.std && pane.later) {
    pane.std = await pane.later().catch(() => null);
    if (line.textContent === words) line.textContent = words + spread(pane.std);
  }
}

function numbersOf({ about, index, example }) {
  const numbers = Object.entries(about.numbers).map(([name, of]) => [name, of[index]?.[example] ?? null]);
  const words = numbers.filter(([, value]) => value !== null).map(([name, value]) =>
    `${name} ${name === "prediction" ? className(about, value) : short(value)}`);
  return element("div", { className: "numbers" }, words.join(" · "));
}
