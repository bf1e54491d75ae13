// Runs in the order of TensorBoard's own list, and in its colours.
import { environment, remembered, tensorboardRuns } from "./server.js";

const COLORS = ["#425066", "#12b5cb", "#e52592", "#f9ab00", "#9334e6", "#7cb342", "#e8710a"];
const DARK = { "#425066": "#8e98a3" };
const AS_THEY_BEGAN = /^(1|2\.(\d|1[0-4]))\./; // versions of TensorBoard that list runs as its server does; later ones sort them

// Runs that TensorBoard's server does not list come behind the others.
async function listed(names) {
  const known = await remembered(`runs of TensorBoard ${names.length}`, tensorboardRuns).catch(() => []);
  return [...known, ...names.filter((name) => !known.includes(name))];
}

export async function inOrder(names) {
  const { version } = await remembered("environment", environment).catch(() => ({ version: "" }));
  if (AS_THEY_BEGAN.test(version)) return (await listed(names)).filter((name) => names.includes(name));
  return [...names].sort(byName);
}

// TensorBoard's rule: names that begin with a number come last, by that number; others letter by letter, "run10" before "run2".
export function byName(a, b) {
  const [x, y] = [parseInt(a, 10), parseInt(b, 10)];
  if (Number.isNaN(x) || Number.isNaN(y)) return Number.isNaN(y) - Number.isNaN(x) || letters(a, b);
  return x - y || letters(a.slice(String(x).length), b.slice(String(y).length));
}

const letters = (a, b) => (a > b) - (a < b);

// A function of a run's name: TensorBoard's colours go by the place of a run in its server's list.
export async function runColors(names) {
  const all = await listed(names);
  const dark = getComputedStyle(document.documentElement).colorScheme === "dark"
    || (!document.documentElement.style.colorScheme && matchMedia("(prefers-color-scheme: dark)").matches);
  return (name) => {
    const color = COLORS[Math.max(all.indexOf(name), 0) % COLORS.length];
    return dark ? DARK[color] ?? color : color;
  };
}
