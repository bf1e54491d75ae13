// The state in the address of the page, so that a link shows what its sender saw. What is as it begins is left out.
import { START } from "./state.js";

const PREFIX = "p.kerasal."; // TensorBoard keeps such keys of a tab in its own address

// The state that an address tells; keys and values that make no sense are passed over.
export function fromAddress() {
  const told = {};
  for (const [key, text] of new URLSearchParams(shownIn().location.hash.slice(1))) {
    const name = key.startsWith(PREFIX) ? key.slice(PREFIX.length) : "";
    if (!Object.hasOwn(START, name)) continue;
    try {
      const value = JSON.parse(text);
      if (fits(name, value)) told[name] = value;
    } catch {
      continue; // written by hand, or cut off
    }
  }
  return told;
}

// Writes the state; the way back in the browser leads out of the tab, as before.
export function toAddress(state) {
  const window_ = shownIn();
  const rest = [...new URLSearchParams(window_.location.hash.slice(1))].filter(([key]) => !key.startsWith(PREFIX));
  const told = Object.entries(state)
    .filter(([key, value]) => JSON.stringify(value) !== JSON.stringify(START[key]))
    .map(([key, value]) => `${PREFIX}${key}=${encodeURIComponent(JSON.stringify(value))}`);
  const before = rest.map(([key, value]) => (value ? `${key}=${encodeURIComponent(value)}` : key));
  const { pathname, search } = window_.location; // whole: the page of a tab has another base
  window_.history.replaceState(window_.history.state, "", `${pathname}${search}#${[...before, ...told].join("&")}`);
}

const NUMBERS = ["step", "compareStep"]; // or null

function fits(name, value) {
  if (NUMBERS.includes(name)) return value === null || Number.isFinite(value);
  if (name === "run") return typeof value === "string";
  if (name === "beside") return Array.isArray(value) && value.every((each) => typeof each === "string");
  return typeof value === typeof START[name] && (typeof value !== "number" || Number.isFinite(value));
}

// The link that shows what is seen, also to somebody else.
export const link = () => shownIn().location.href;

// TensorBoard's window around the tab's frame, or the tab's own.
function shownIn() {
  try {
    return window.parent.location.hash === undefined ? window : window.parent;
  } catch {
    return window; // a page of another origin around us
  }
}
