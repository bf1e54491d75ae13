// The tab: a column of controls, panes of maps, and numbers over steps.
import { runs, colormaps } from "./server.js";
import { element } from "./element.js";
import { page } from "./page.js";
import { inOrder } from "./run_order.js";
import { followTheme } from "./theme.js";

const REFRESH = 15000; // milliseconds until runs are looked for again

// TensorBoard calls this once, in a frame of the tab's own.
export async function render() {
  followTheme();
  document.title = "Saliency";
  document.documentElement.lang = "en";
  document.head.append(element("link", { rel: "stylesheet", href: "./style.css" }));
  const message = element("p", { className: "message", role: "status" }, "Looking for runs …");
  document.body.append(message);
  try {
    let names = await runs();
    while (!names.length) {
      message.textContent = "No run with saliency yet. Add kerasal.SaliencyLogger(log_dir, x) to the callbacks of fit.";
      await pause();
      names = await runs().catch(() => []);
    }
    const colors = await colormaps();
    message.remove();
    await page(await inOrder(names), colors);
  } catch (error) {
    message.textContent = `The page could not be loaded: ${error.message}`;
  }
}

// Until it is time to ask again, or someone comes back to look.
const pause = () => new Promise((go) => {
  setTimeout(go, REFRESH);
  window.addEventListener("focus", go, { once: true });
});
