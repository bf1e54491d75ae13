// Texts: tokens on coloured backgrounds. Positions without a token are padding.
import { css, readableOn } from "../colors.js";
import { element } from "../element.js";

export const unsigned = "reds";
export const isPadding = ({ tokens }, example, k) => (tokens[example][k] ?? null) === null;
export const subject = ({ tokens }, example) => tokens[example];

export function draw(pane, coloring, { point }) {
  const tokens = pane.facts.tokens[pane.example];
  const words = element("div", { className: "tokens", dir: "auto" });
  tokens.forEach((token, k) => {
    if (token === null) return;
    const color = coloring.color(pane.values[k]);
    const mark = element("span", { className: "token", tabIndex: 0, "data-k": k }, token);
    mark.style.background = css(color);
    mark.style.color = readableOn(color);
    mark.onpointerenter = mark.onfocus = () => point(k);
    mark.onpointerleave = mark.onblur = () => point(null);
    words.append(mark, " ");
  });
  return { nodes: [words], label: (k) => tokens[k] };
}
