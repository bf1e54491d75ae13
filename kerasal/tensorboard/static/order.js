// The examples of a step: what is known of each, sorted and filtered.
import { filterOf } from "./runs_list.js";

const LABEL = /^\d+ label (.*)$/s;

// [{n, name, label, prediction, isRight, numbers}]; prediction: a name, or null; isRight: null where it is not known.
export function rowsOf(about, index) {
  return about.examples.map((name, n) => {
    const numbers = Object.fromEntries(Object.entries(about.numbers).map(([key, of]) => [key, of[index]?.[n] ?? null]));
    const label = name.match(LABEL)?.[1] ?? null;
    const number = numbers.prediction ?? null;
    const prediction = number === null ? null : className(about, number);
    const isRight = label === null || number === null ? null : label === prediction || label === String(number);
    return { n, name, label, prediction, isRight, numbers };
  });
}

export const className = (about, number) => about.classes?.[number] ?? String(number);

// What the rows can be sorted by, [key, words].
export const orders = (about) => [
  ["position", "position"], ["label", "label"], ["right", "wrong first"], ["prediction", "prediction"],
  ...Object.keys(about.numbers).filter((key) => key !== "prediction").map((key) => [key, key]),
];

export function ordered(rows, { sort, descending, filter, right }) {
  const fits = filterOf(filter);
  const kept = rows.filter((row) => (!fits || fits.test(`${row.name} → ${row.prediction ?? ""}`))
    && (!right || row.isRight === (right === "right")));
  const key = {
    position: ({ n }) => n, label: ({ label }) => label, right: ({ isRight }) => (isRight === null ? null : Number(isRight)),
    prediction: ({ prediction }) => prediction,
  }[sort] ?? (({ numbers }) => numbers[sort] ?? null);
  return kept.sort((a, b) => compared(key(a), key(b), descending) || a.n - b.n);
}

// What is not known comes last.
function compared(a, b, descending) {
  if (a === null || b === null) return (a === null) - (b === null);
  const order = typeof a === "number" ? a - b : String(a).localeCompare(String(b), undefined, { numeric: true });
  return descending ? -order : order;
}
