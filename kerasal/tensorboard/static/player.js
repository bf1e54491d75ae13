// The button that plays the steps.
import { element } from "./element.js";
import { TOOLTIPS } from "./tooltips.js";

const PACE = 250; // milliseconds from one step to the next, or as long as drawing takes

export function makePlayer(update) {
  let last = null;
  let playing = false;
  const button = element("button", { id: "play", type: "button", title: TOOLTIPS.play, onclick: () => toggle() }, "▶ play");
  const stepCount = () => last?.first.steps.length ?? 0;

  async function toggle() {
    playing = !playing;
    button.textContent = playing ? "⏸ pause" : "▶ play";
    while (playing) {
      const pause = new Promise((go) => setTimeout(go, PACE));
      await update(stepCount() ? { step: last.first.steps[(last.state.index + 1) % stepCount()] } : {});
      await pause;
    }
  }

  return { button, toggle, follow: (state, first) => { last = { state, first }; } };
}
