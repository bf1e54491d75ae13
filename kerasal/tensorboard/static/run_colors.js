// TensorBoard's colours of runs: by the place of a run in TensorBoard's own list.
import { remembered, tensorboardRuns } from "./server.js";

const COLORS = ["#425066", "#12b5cb", "#e52592", "#f9ab00", "#9334e6", "#7cb342", "#e8710a"];
const DARK = { "#425066": "#8e98a3" };

// A function of a run's name; runs that TensorBoard does not list come behind the others.
export async function runColors(names) {
  const listed = await remembered(`runs of TensorBoard ${names.length}`, tensorboardRuns).catch(() => []);
  const all = [...listed, ...names.filter((name) => !listed.includes(name))];
  const dark = getComputedStyle(document.documentElement).colorScheme === "dark"
    || (!document.documentElement.style.colorScheme && matchMedia("(prefers-color-scheme: dark)").matches);
  return (name) => {
    const color = COLORS[Math.max(all.indexOf(name), 0) % COLORS.length];
    return dark ? DARK[color] ?? color : color;
  };
}
