// What the plugin serves, with maps kept once fetched.

const KEPT = 400; // maps
const cache = new Map();

async function ask(path, parameters = {}) {
  const query = new URLSearchParams(parameters).toString();
  const answer = await fetch(query ? `${path}?${query}` : path);
  if (!answer.ok) throw new Error(await answer.text());
  return answer;
}

export const runs = async () => (await ask("./runs")).json();
export const run = async (name) => (await ask("./run", { run: name })).json();
export const colormaps = async () => (await ask("./colormaps")).json();

// Float32Array of one example's map at a step.
export function map(name, step, example, of) {
  return kept(`map ${name} ${step} ${example} ${of}`, async () =>
    new Float32Array(await (await ask("./map", { run: name, step, example, of })).arrayBuffer()));
}

// Uint8Array of RGB, or null where the run has no images.
export function image(about, example) {
  if (!about.images) return Promise.resolve(null);
  return kept(`image ${about.name} ${example}`, async () =>
    new Uint8Array(await (await ask("./image", { run: about.name, example })).arrayBuffer()));
}

function kept(key, make) {
  if (!cache.has(key)) {
    cache.set(key, make().catch((error) => {
      cache.delete(key);
      throw error;
    }));
    if (cache.size > KEPT) cache.delete(cache.keys().next().value);
  }
  return cache.get(key);
}
