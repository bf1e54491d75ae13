// Runs whose examples have a map for each class are looked at one class at a time.
import { className } from "./order.js";

const MOST = 10_000; // of a menu
const ANOTHER = /^#class (\d+)$/; // what to compare with is another class of the run

// What is known of a run, for one of its classes; what has none stays as it is.
export function ofClass(about, k) {
  if (about.error || !about.class_count) return about;
  if (k < about.class_count) return { ...about, ofClass: k };
  return { name: about.name, error: new Error(`${about.name} has maps of ${about.class_count} classes; this is another one. Choose one of those.`) };
}

// What is known of the run, for the class that it is compared with, or null.
export function comparedClass(about, compareWith) {
  const found = compareWith?.match(ANOTHER);
  return found && about.class_count ? ofClass(about, Number(found[1])) : null;
}

// The classes of a run as options, with the one that is predicted for the example at a place among the steps.
export function classOptions(about, { example, index }, isOfOne) {
  const predicted = isOfOne ? about.numbers.prediction?.[index]?.[example] ?? null : null;
  return listed(about, (k) => [String(k), `${className(about, k)}${k === predicted ? " (predicted)" : ""}`]);
}

// The same, to compare with.
export const comparedOptions = (about) => (about ? listed(about, (k) => [`#class ${k}`, `class ${className(about, k)}`]) : []);

const listed = ({ class_count: count }, option) => Array.from({ length: Math.min(count ?? 0, MOST) }, (_, k) => option(k));

export const classWords = (about) => (about.ofClass === undefined ? "" : ` · class ${className(about, about.ofClass)}`);
