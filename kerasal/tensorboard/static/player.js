// The button that plays the steps, and the keys: arrows for a step, space for play.
import { element } from "./element.js";

const PACE = 250; // milliseconds from one step to the next, or as long as drawing takes

export function makePlayer(update) {
  let last = null;
  let playing = false;
  const button = element("button", { id: "play", type: "button", onclick: () => toggle() }, "▶ play");
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

  document.addEventListener("keydown", (event) => {
    if (["SELECT", "INPUT"].includes(event.target.tagName)) return;
    const move = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (move && stepCount()) update({ step: last.first.steps[Math.min(Math.max(last.state.index + move, 0), stepCount() - 1)] });
    if (event.key === " " && event.target.tagName !== "BUTTON") {  // a button takes it as a click
      event.preventDefault();
      toggle();
    }
  });

  return { button, follow: (state, first) => { last = { state, first }; } };
}
