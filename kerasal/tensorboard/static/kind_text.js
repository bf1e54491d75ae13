// Texts: tokens on coloured backgrounds. Positions without a token are padding.
import { css, readableOn } from "./colors.js";
import { element } from "./element.js";

export function draw(pane, { palette, place }, { point }) {
  const tokens = pane.about.tokens[pane.example];
  const words = element("div", { className: "tokens", dir: "auto" });
  tokens.forEach((token, k) => {
    if (token === null) return;
    const color = palette[place(pane.values[k])];
    const mark = element("span", { className: "token", tabIndex: 0, "data-k": k }, token);
    mark.style.background = css(color);
    mark.style.color = readableOn(color);
    mark.onpointerenter = mark.onfocus = () => point(k);
    mark.onpointerleave = mark.onblur = () => point(null);
    words.append(mark, " ");
  });
  return { nodes: [words], label: (k) => tokens[k] };
}
