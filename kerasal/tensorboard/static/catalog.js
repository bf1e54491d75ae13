// The runs that there are, and what the server said of those that are looked at.
import { inOrder } from "./run_order.js";
import { run, runs } from "./server.js";

export function createCatalog(names) {
  const known = new Map(); // name -> what the server said of the run

  async function learn(name) {
    if (!known.has(name)) known.set(name, await run(name));
    return known.get(name);
  }

  // Asks again for names, and for runs that are looked at; promises [name, before, now] of those that are others.
  async function refresh(looked) {
    names = await runs().then(inOrder).catch(() => names); // a server may be gone for a while
    const changed = [];
    for (const name of looked) {
      const before = known.get(name);
      const now = await run(name).catch(() => before);
      if (JSON.stringify(now) === JSON.stringify(before)) continue;
      known.set(name, now);
      changed.push([name, before, now]);
    }
    for (const name of known.keys()) {
      if (!looked.has(name)) known.delete(name); // asked for anew when it is chosen
    }
    return changed;
  }

  return { names: () => names, learn, refresh, get: (name) => known.get(name) };
}
