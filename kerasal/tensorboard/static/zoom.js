// Zoom and pan: every picture shows the same place. Pictures lie in windows; CSS enlarges them all at once.
import { element } from "./element.js";

const MOST = 32, STEP = 1.25;

// A picture in a window of its size.
export function windowed(canvas) {
  const node = element("div", { className: "window" }, canvas);
  node.style.width = canvas.style.width;
  node.style.height = canvas.style.height;
  return node;
}

// Control with the wheel zooms, dragging pans, a double click goes back. update(changes) is told of it.
export function zoomable(node, get, update) {
  let from = null; // where a drag began

  const shareIn = (event) => {
    const box = event.target.closest?.(".window")?.getBoundingClientRect();
    return box && [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height, box];
  };

  node.addEventListener("wheel", (event) => {
    const at = shareIn(event);
    if (!at || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    update(zoomed(get(), event.deltaY < 0 ? STEP : 1 / STEP, at[0], at[1]));
  }, { passive: false });
  node.addEventListener("pointerdown", (event) => {
    const at = shareIn(event);
    if (at && get().zoom > 1) from = { x: event.clientX, y: event.clientY, state: get(), box: at[2] };
  });
  node.addEventListener("pointermove", (event) => {
    if (!from) return;
    const { zoom, x, y } = from.state;
    const moved = (start, now, size) => (start - now) / (size * (zoom - 1));
    update({ x: within(x + moved(from.x, event.clientX, from.box.width)), y: within(y + moved(from.y, event.clientY, from.box.height)) });
  });
  window.addEventListener("pointerup", () => { from = null; });
  node.addEventListener("dblclick", (event) => { if (shareIn(event)) update({ zoom: 1, x: 0.5, y: 0.5 }); });

  return ({ zoom, x, y }) => {
    node.style.setProperty("--zoom", zoom);
    node.style.setProperty("--x", `${100 * x}%`);
    node.style.setProperty("--y", `${100 * y}%`);
    node.classList.toggle("zoomed", zoom > 1);
  };
}

// What is under a place of the window stays there.
export function zoomed({ zoom, x, y }, factor, atX = 0.5, atY = 0.5) {
  const now = Math.min(MOST, Math.max(1, zoom * factor));
  const kept = (origin, at) => {
    const under = origin + (at - origin) / zoom; // of the picture
    return now > 1 ? within((at - under * now) / (1 - now)) : 0.5;
  };
  return { zoom: now, x: kept(x, atX), y: kept(y, atY) };
}

const within = (share) => Math.min(1, Math.max(0, share));
