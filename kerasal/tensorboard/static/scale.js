// The number that the ends of the colours stand for.
import { history, map, remembered } from "./server.js";
import { isSmall } from "./shapes.js";

const SAMPLED = 20; // steps of larger maps that tell the scale of all

// {limit, signed} of the maps of all steps of an example; the strongest (100 − percentile) percent are beyond the limit.
// withoutPadding(values): the numbers that count.
export async function scaleOfSteps(about, example, quantity, percentile, withoutPadding) {
  const key = `scale ${about.name} ${about.ofClass ?? ""} ${about.times} ${example} ${quantity}`;
  const { sorted, signed } = await remembered(key, async () =>
    magnitudes((await mapsOf(about, example, quantity)).map(withoutPadding)));
  return { limit: strongest(sorted, percentile), signed };
}

// The same of one map.
export function scaleOf(values, percentile, withoutPadding) {
  const { sorted, signed } = magnitudes([withoutPadding(values)]);
  return { limit: strongest(sorted, percentile), signed };
}

// The maps that can be read, of all steps or of some.
async function mapsOf(about, example, quantity) {
  if (isSmall(about)) {
    const rows = await history(about, example, quantity);
    return rows.filter((row) => row !== null);
  }
  const every = Math.ceil(about.steps.length / SAMPLED);
  const steps = about.steps.filter((_, k) => k % every === 0 || k === about.steps.length - 1);
  const answers = await Promise.allSettled(steps.map((step) => map(about, step, example, quantity)));
  return answers.filter(({ status }) => status === "fulfilled").map(({ value }) => value);
}

function magnitudes(maps) {
  const sorted = new Float32Array(maps.reduce((total, values) => total + values.length, 0));
  let signed = false;
  let at = 0;
  for (const values of maps) {
    for (let k = 0; k < values.length; k += 1, at += 1) {
      sorted[at] = Math.abs(values[k]);
      signed ||= values[k] < 0;
    }
  }
  return { sorted: sorted.sort(), signed, byteLength: sorted.byteLength };
}

// 1 where all is zero.
function strongest(sorted, percentile) {
  const last = sorted.length - 1;
  return sorted[Math.min(last, Math.ceil((percentile / 100) * last))] || sorted[last] || 1;
}
