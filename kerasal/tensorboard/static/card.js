// An example of the grid: its picture, what is predicted, and the number that the examples are sorted by.
import { coloring } from "./colors.js";
import { element, short } from "./element.js";
import { longAxes } from "./shapes.js";
import { smallMap, smallPicture } from "./small_maps.js";
import { plain } from "./kinds.js";

const WORDS = 40; // pixels of the lines below a picture
const LOW = 150; // pixels of a picture that is as high as it likes

// Pixels of a card.
export function heightOf({ kind, small }, side) {
  const [height, width] = kind.name === "image" ? longAxes(small) : [0, 0];
  return WORDS + Math.round(width ? (side * height) / width : LOW);
}

// {node, drawn}: `drawn` is a promise of its picture.
export function cardOf(row, shown, { side, colormaps, update }) {
  const { state, about, kind } = shown;
  const open = element("button", { type: "button", className: "open", title: `Show example ${row.name} large` }, row.name);
  const words = [row.prediction === null ? "" : `→ ${row.prediction}`, sortedBy(row, state)].filter(Boolean).join(" · ");
  const mark = row.isRight === null ? "" : row.isRight ? "✓ " : "✗ ";
  const picture = element("div", { className: `picture of-${kind.name}`, inert: true });
  const className = `card${row.isRight === false ? " wrong" : ""}`;
  const node = element("div", { className, role: "listitem" }, picture, open, element("span", { className: "words", title: words }, mark + words));
  const enlarge = () => update({ show: "one", example: row.n });
  node.onclick = enlarge;
  open.onclick = (event) => { event.stopPropagation(); enlarge(); };
  const drawn = draw().catch((error) => {
    picture.replaceChildren(element("span", { className: "note" }, error.message));
  });
  return { node, drawn };

  async function draw() {
    const values = await smallMap(about, shown.step, row.n, state.quantity);
    const { limit, signed } = shown.isOwn ? { limit: shown.ends.limits[row.n], signed: shown.ends.signed[row.n] } : shown.together;
    const colors = coloring(colormaps, state.colormap, kind.unsigned, limit, signed);
    const pane = {
      about: shown.small, kind, facts: about.facts, example: row.n, step: shown.step, index: state.index, values, std: null, later: null,
      title: "", isDifference: false,
    };
    const names = Object.keys(kind.views(shown.small));
    const view = names.includes(state.view) && state.view !== "side by side" ? state.view : names[0];
    const tools = {
      state: { ...state, isSmall: true }, side, point: () => {}, go: () => {}, view,
      array: (name) => smallPicture(about, name, row.n), history: () => Promise.resolve(about.steps.map(() => null)),
    };
    const drawAs = kind.small ?? kind.draw;
    const { nodes } = await Promise.resolve(drawAs(pane, colors, tools)).catch(async () => (await plain("")).draw(pane, colors, tools));
    picture.replaceChildren(nodes[0]);
  }
}

function sortedBy({ numbers }, { sort }) {
  const key = sort in numbers && sort !== "prediction" ? sort : "probability";
  const value = numbers[key] ?? null;
  return value === null ? "" : key === "probability" ? short(value) : `${key} ${short(value)}`;
}
