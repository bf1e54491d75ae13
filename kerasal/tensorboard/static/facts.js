// What is known of a run, in words.
import { element } from "./element.js";

export function described(facts) {
  return Object.entries(facts)
    .filter(([, value]) => value !== null && value !== false && value !== "")
    .flatMap(([key, value]) => [
      element("dt", {}, key), element("dd", {}, inWords(value)),
    ]);
}

// A JSON value without braces and quotes.
function inWords(value) {
  if (typeof value === "string") return value;
  if (value === null || typeof value !== "object" || Array.isArray(value)) return JSON.stringify(value);
  return Object.entries(value).map(([key, part]) => `${key} ${inWords(part)}`).join(", ");
}
