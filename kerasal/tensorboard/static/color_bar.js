// The colours from one end to the other, with the numbers of the ends.
import { gradient } from "./colors.js";
import { element, short } from "./element.js";

// The lengths of bars from one end to the other, whose colour is their sign.
export function signBar({ limit, signed }) {
  const part = (className) => element("span", { className });
  const strip = element("span", { className: "strip signs" }, ...(signed ? [part("minus")] : []), part("plus"));
  return element("div", { className: "bar" }, short(signed ? -limit : 0), strip, short(limit));
}

export function bar({ palette, limit, signed }) {
  const strip = element("span", { className: "strip" });
  strip.style.background = gradient(palette);
  return element("div", { className: "bar" }, short(signed ? -limit : 0), strip, short(limit));
}
