// Small maps of the examples of a step, many with one question.
import { scaleOf } from "./scale.js";
import { ends, small, smallArray } from "./server.js";

const BATCH = 128; // of an answer

// A run as its small maps are: pictures averaged over blocks.
export function smallAbout(about) {
  if (about.block === 1) return about;
  const less = (shape) => shape.map((size, axis) => (axis === 1 || axis === 2 ? Math.ceil(size / about.block) : size));
  const arrays = Object.entries(about.arrays).map(([name, of]) => [name, name === "images" ? { ...of, shape: less(of.shape) } : of]);
  return { ...about, shape: less(about.shape), arrays: Object.fromEntries(arrays) };
}

export async function smallMap(about, step, example, quantity) {
  return entry(await small(about, step, quantity, first(example)), example, smallAbout(about).shape);
}

export async function smallPicture(about, name, example) {
  if (!Object.hasOwn(about.arrays, name)) return null;
  return entry(await smallArray(about, name, first(example)), example, smallAbout(about).arrays[name].shape);
}

// Ends of the colours of all examples at a step: {limits, signed}, an entry each. Padding does not count, which the kind knows.
export async function endsOf(about, kind, step, quantity, percentile) {
  if (!kind.isPadding) return ends(about, step, quantity, Math.round(1000 * percentile));
  const scales = await Promise.all(about.examples.map(async (_, n) => {
    const values = await smallMap(about, step, n, quantity);
    return scaleOf(values, percentile, (all) => all.filter((_, k) => !kind.isPadding(about.facts, n, k)));
  }));
  return { limits: scales.map(({ limit }) => limit), signed: scales.map(({ signed }) => signed) };
}

const first = (example) => BATCH * Math.floor(example / BATCH);

function entry(batch, example, shape) {
  const size = shape.slice(1).reduce((product, each) => product * each, 1);
  const at = (example - first(example)) * size;
  if (at + size > batch.length) throw new Error("The answer has fewer examples than the run. Load the tab again.");
  return batch.subarray(at, at + size);
}
