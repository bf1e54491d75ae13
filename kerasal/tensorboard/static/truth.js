// A mask of truth that was logged, beside the map.
import { kindOf } from "./kinds.js";
import { short } from "./element.js";
import { array } from "./server.js";

const NAME = "truth"; // of the picture's array, as large as a map; what is not 0 is inside

// Whether a state's compareWith names a run; else it is a mask, another class, or nothing.
export const isOfRun = (compareWith) => Boolean(compareWith) && !/^#(truth|class \d+)$/.test(compareWith);

export const hasTruth = (about) => Object.hasOwn(about.arrays, NAME);

export async function loadTruth({ example, index }, about) {
  const title = `mask of truth · ${about.name} · ${about.examples[example]}`;
  try {
    const [values, kind] = await Promise.all([array(about, NAME, example), kindOf(about)]);
    return {
      about, kind, facts: about.facts, example, step: about.steps[index], index, values: Float32Array.from(values ?? []), std: null,
      later: null, title, isDifference: false, isTruth: true,
    };
  } catch (error) {
    return { title, error };
  }
}

// How much of the map is inside, in words.
export function insideOf({ values }, truth) {
  if (truth.values.length !== values.length) return "The mask has another shape than the map.";
  let [inside, total, count] = [0, 0, 0];
  values.forEach((value, k) => {
    total += Math.abs(value);
    if (truth.values[k]) [inside, count] = [inside + Math.abs(value), count + 1];
  });
  return `${short(inside / (total || 1))} of the map's magnitude is inside the mask, which is ${short(count / values.length)} of its elements.`;
}
