// The kinds of maps: each is a module with one function `draw`, chosen here.
//
// draw(pane, coloring, tools) returns {nodes, label}: what is shown, and a function of the position in the map that names it.
// pane: {about, example, step, values, std (null where not known, or not yet), alone (a difference)}.
// tools: {state, original, side (pixels there are), point(position), go(step), past(quantity)}.
import { draw as image } from "./kind_image.js";
import { draw as molecule } from "./kind_molecule.js";
import { draw as table } from "./kind_table.js";
import { draw as text } from "./kind_text.js";
import { element } from "./element.js";
import { axesOf } from "./shapes.js";

// {name, draw, unsigned: the colour map of numbers without sign, bar: whether a colour bar explains it}
export function kindOf(about) {
  const shape = axesOf(about);
  if (about.molecules && shape.length === 1) return { name: "molecule", draw: molecule, unsigned: "reds", bar: true };
  if (about.tokens && shape.length === 1) return { name: "text", draw: text, unsigned: "reds", bar: true };
  if (shape.length === 1) return { name: "table", draw: table, unsigned: "inferno", bar: false };
  if (shape.length === 2) return { name: "image", draw: image, unsigned: "inferno", bar: true };
  return { name: "other", draw: other, unsigned: "inferno", bar: false };
}

function other(pane) {
  const shape = pane.about.shape.slice(1).join(" × ");
  const words = `Maps of shape ${shape} are not drawn; load_run gives them as arrays.`;
  return { nodes: [element("p", {}, words)], label: (k) => String(k) };
}
