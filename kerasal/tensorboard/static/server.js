// What the plugin serves; what was fetched is kept, up to so many bytes.

const MOST = 256e6;
const cache = new Map(); // key -> promise, the longest unused first
const sizes = new Map();
let total = 0;

async function ask(path, parameters = {}) {
  const query = new URLSearchParams(parameters).toString();
  const answer = await fetch(query ? `${path}?${query}` : path);
  if (answer.ok) return answer;
  if (answer.headers.get("content-type")?.startsWith("text/plain")) throw new Error(await answer.text());
  throw new Error(`Expected an answer from ${path}. Received: status ${answer.status}. See what TensorBoard printed.`);
}

const numbers = async (path, parameters) => new Float32Array(await (await ask(path, parameters)).arrayBuffer());

export const runs = async () => (await ask("./runs")).json();
export const run = async (name) => (await ask("./run", { run: name })).json();
export const colormaps = async () => (await ask("./colormaps")).json();

// Float32Array of one example's map at a step. Here and below, keys hold the time at which something was written.
export function map(about, step, example, of) {
  const time = about.times[about.steps.indexOf(step)];
  return kept(`map ${about.name} ${step} ${time} ${example} ${of}`, () =>
    numbers("./map", { run: about.name, step, example, of }));
}

// The example's maps of all steps, null for those that cannot be read.
export function history(about, example, of) {
  return kept(`history ${about.name} ${about.times} ${example} ${of}`, async () => {
    const all = await numbers("./history", { run: about.name, example, of });
    const size = all.length / about.steps.length;
    return about.steps.map((_, k) => {
      const row = all.subarray(k * size, (k + 1) * size);
      return !row.length || row.some(Number.isNaN) ? null : row;
    });
  });
}

// Uint8Array of RGB, or null where the run has no images.
export function image(about, example) {
  if (!about.images) return Promise.resolve(null);
  return kept(`image ${about.name} ${about.images_version} ${example}`, async () =>
    new Uint8Array(await (await ask("./image", { run: about.name, example })).arrayBuffer()));
}

// What `make` promises under a key, made once while it is remembered.
export function kept(key, make) {
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
    if (total <= MOST || oldest === key) break;
    cache.delete(oldest);
    total -= sizes.get(oldest) ?? 0;
    sizes.delete(oldest);
  }
}
