// One drawing after another, of the newest state; what takes long is given up for a newer one.
import { cancellable } from "./server.js";

const PATIENCE = 150; // milliseconds after which what is no longer wanted is given up

// A function that draws, or has it drawn again once the drawing that goes on is done. fail(error): it could not be drawn;
// wait(whether what is shown is not yet what was chosen).
export function inTurn(work, { fail, wait }) {
  let going = null; // a promise while something is drawn
  let again = false;
  let giveUp = () => {};

  async function drawAll() {
    do {
      again = false;
      const began = performance.now();
      const request = cancellable();
      giveUp = () => { setTimeout(() => { if (again) request.abort(); }, Math.max(0, PATIENCE + began - performance.now())); };
      try {
        await work();
      } catch (error) {
        if (!again) fail(error);
      }
    } while (again);
    going = null;
    wait(false);
  }

  return () => {
    wait(true);
    if (going) {
      again = true;
      giveUp();
    } else {
      going = drawAll();
    }
    return going;
  };
}
