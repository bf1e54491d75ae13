// Questions to the plugin; answers are remembered, up to so many bytes.

const LIMIT = 256e6;
const TYPES = { uint8: Uint8Array, int32: Int32Array, float32: Float32Array };
const cache = new Map(); // key -> promise, the least recently used first
const sizes = new Map();
let total = 0;
let controller = new AbortController();

// {abort()}: questions that are asked from now on can be given up.
export function cancellable() {
  controller = new AbortController();
  return controller;
}

async function ask(path, parameters = {}) {
  const query = new URLSearchParams(parameters).toString();
  const answer = await fetch(query ? `${path}?${query}` : path, { signal: controller.signal });
  if (answer.ok) return answer;
  if (answer.headers.get("content-type")?.startsWith("text/plain")) throw new Error(await answer.text());
  throw new Error(`Expected an answer from ${path}. Received: status ${answer.status}. See what TensorBoard printed.`);
}

// The class of the maps, where they are of classes.
const which = ({ ofClass }) => (ofClass === undefined ? {} : { class: ofClass });
const named = ({ name, ofClass }) => `${name} ${ofClass ?? ""}`;

const floats = async (answer) => new Float32Array(await answer.arrayBuffer());

export const runs = async () => (await ask("./runs")).json();
export const run = async (name) => (await ask("./run", { run: name })).json();
export const kinds = async () => (await ask("./kinds")).json();
export const environment = async () => (await ask("../../environment")).json();
export const tensorboardRuns = async () => (await ask("../../runs")).json();
export const colormaps = async () => (await ask("./colormaps")).json();

// Float32Array of one example's map at a step. Here and below, keys hold the time at which something was written.
export function map(about, step, example, of) {
  const time = about.times[about.steps.indexOf(step)];
  return remembered(`map ${named(about)} ${step} ${time} ${example} ${of}`, () =>
    ask("./map", { run: about.name, step, example, of, ...which(about) }).then(floats));
}

// The example's maps of all steps, null for those that cannot be read, or are left out since there are so many.
export function history(about, example, of) {
  return remembered(`history ${named(about)} ${about.times} ${example} ${of}`, async () => {
    const answer = await ask("./history", { run: about.name, example, of, ...which(about) });
    const every = Number(answer.headers.get("x-kerasal-every") ?? 1);
    const all = await floats(answer);
    const size = all.length / Math.ceil(about.steps.length / every);
    const rows = about.steps.map((_, k) => {
      const row = k % every ? [] : all.subarray((k / every) * size, (k / every + 1) * size);
      return !row.length || row.some(Number.isNaN) ? null : row;
    });
    return Object.assign(rows, { byteLength: all.byteLength });
  });
}

// The example's part of an array of the picture, or null where the run has none of that name.
export function array(about, name, example) {
  if (!Object.hasOwn(about.arrays, name)) return Promise.resolve(null);
  const { dtype, version } = about.arrays[name];
  return remembered(`array ${about.name} ${name} ${version} ${example}`, async () => {
    const answer = await ask("./array", { run: about.name, name, example });
    return new TYPES[dtype](await answer.arrayBuffer());
  });
}

// Small maps of a batch of examples, from the first of it on; pictures are averaged over blocks.
export function small(about, step, of, first) {
  const time = about.times[about.steps.indexOf(step)];
  return remembered(`small ${named(about)} ${step} ${time} ${of} ${first}`, () =>
    ask("./small", { run: about.name, step, of, first, ...which(about) }).then(floats));
}

// {limits, signed}: the ends of the colours of all small maps of a step.
export function ends(about, step, of, thousandths) {
  const time = about.times[about.steps.indexOf(step)];
  return remembered(`ends ${named(about)} ${step} ${time} ${of} ${thousandths}`, async () =>
    (await ask("./ends", { run: about.name, step, of, thousandths, ...which(about) })).json());
}

// As `small`, of an array of the picture.
export function smallArray(about, name, first) {
  const { dtype, version } = about.arrays[name];
  return remembered(`small array ${about.name} ${name} ${version} ${first}`, async () => {
    const answer = await ask("./small_array", { run: about.name, name, first });
    return new TYPES[dtype](await answer.arrayBuffer());
  });
}

// The promise that `make` gives for a key, made once while it is remembered.
export function remembered(key, make) {
  const known = cache.get(key);
  if (known) {
    cache.delete(key);
    cache.set(key, known);
    return known;
  }
  const made = make();
  cache.set(key, made);
  made.then((value) => weigh(key, value?.byteLength ?? 0), () => cache.delete(key));
  return made;
}

function weigh(key, bytes) {
  if (!cache.has(key)) return;
  sizes.set(key, bytes);
  total += bytes;
  for (const oldest of cache.keys()) {
    if (total <= LIMIT || oldest === key) break;
    cache.delete(oldest);
    total -= sizes.get(oldest) ?? 0;
    sizes.delete(oldest);
  }
}
