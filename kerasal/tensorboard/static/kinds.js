// The kinds of pictures. Each is a module kinds/NAME.js; a run says the name of its kind.
//
// A module exports `draw` and, where the defaults below do not suit, any of the others:
//
// draw(pane, coloring, tools): {nodes, label}, or a promise of it. `nodes` are elements to show, the first of them the picture;
//   `label` is a function of a position in the map that names it.
//   pane: {about, facts, example, step, values, std (null where not known, or not yet), isDifference}. `facts` is what the
//     Python class of the kind said in facts(), `about` all that is known of the run.
//   coloring: {color(value): [red, green, blue], palette, limit, signed}.
//   tools: {state, view, side (pixels there are), width (of the pane), point(position or null), go(step), array(name), history(quantity)}. `point`
//     says what the pointer is at; `array` promises the example's part of an array of the Python class, or null.
// small: as `draw`, for the grid of all examples, whose `state.isSmall` is true; without it `draw` is called.
// sorts: [key, words] of the orders of its parts; `state.tableSort` is the key of the chosen one.
// unsigned: the colour map of maps without negative numbers.
// hasBar: whether a bar of the colours is shown.
// gridBar({limit, signed}): an element above the grid in its place, which tells the one scale of all.
// views(about): {name: {words, hasOpacity}} of the ways to look at it; `tools.view` is the name of the chosen one.
// isPadding(facts, example, position): whether a number of the map stands for nothing.
// subject(facts, example): what the map is of; the difference of two maps is shown where kinds and subjects are equal.
import { kinds, remembered } from "./server.js";
import { longAxes } from "./shapes.js";

const DEFAULTS = { unsigned: "inferno", hasBar: true, gridBar: null, views: () => ({}), isPadding: null, subject: () => null, small: null, sorts: null };
const BY_NUMBER_OF_AXES = { 1: "table", 2: "image" };
const PLAIN = "numbers"; // draws maps of any shape

// The module of a run's kind with its defaults, its name, and a note where another one takes its place.
export async function kindOf(about) {
  const wanted = about.kind ?? BY_NUMBER_OF_AXES[longAxes(about).length] ?? PLAIN;
  const known = await remembered("kinds", kinds);
  if (wanted === "image" && longAxes(about).length > 2) {
    return plain("These maps have more axes than a picture, e.g. one of classes, so the numbers themselves are shown.");
  }
  if (!known.includes(wanted)) {
    return plain(`This TensorBoard does not know pictures of the kind “${wanted}”, so the numbers themselves are shown. `
      + `To see the pictures, start it with KERASAL_PICTURE_KINDS=…/${wanted}.js.`);
  }
  try {
    return await load(wanted);
  } catch (error) {
    return plain(`The module of the kind “${wanted}” cannot be loaded, so the numbers themselves are shown: ${error.message}`);
  }
}

// The kind that draws numbers as they are, with a sentence that says why.
export const plain = async (note) => ({ ...(await load(PLAIN)), note });

// A function of a map's numbers that leaves out those that stand for nothing.
export const paddingOf = (kind, { facts, example }) => (values) =>
  (kind.isPadding ? values.filter((_, k) => !kind.isPadding(facts, example, k)) : values);

// Only names that the plugin has listed come here: a run cannot name a file.
const load = (name) => remembered(`kind ${name}`, async () => ({ ...DEFAULTS, ...(await import(`./kinds/${name}.js`)), name, note: "" }));
