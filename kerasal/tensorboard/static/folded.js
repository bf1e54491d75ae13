// What a narrow window folds away, so that the picture is seen; a wide one shows it.
import { element } from "./element.js";

const NARROW = matchMedia("(max-width: 760px)"); // as in style.css

export function folded(words, ...children) {
  const node = element("details", { className: "folded", open: !NARROW.matches }, element("summary", {}, words),
    element("div", { className: "rest" }, ...children));
  NARROW.addEventListener("change", () => { node.open = !NARROW.matches; });
  return node;
}
