// All examples of a step, small. Only those that are to be seen are in the page.
import { cardOf, heightOf } from "./card.js";
import { classWords } from "./classes.js";
import { bar } from "./color_bar.js";
import { coloring } from "./colors.js";
import { element } from "./element.js";
import { kindOf } from "./kinds.js";
import { ordered, rowsOf } from "./order.js";
import { endsOf, smallAbout } from "./small_maps.js";

const GAP = 10, NEAR = 300; // pixels between cards, and beyond the window that are drawn

// tools: {colormaps, update(changes)}.
export function grid(tools) {
  const told = element("p", { className: "told", role: "status" });
  const canvas = element("div", { className: "cards", role: "list" });
  canvas.setAttribute("aria-label", "examples");
  const scale = element("div", {});
  const node = element("section", { className: "grid" }, told, scale, canvas);
  node.setAttribute("aria-label", "all examples");
  let shown = null; // what the cards are of
  const cards = new Map(); // place -> card

  async function show(state, about) {
    const step = about.steps[state.index];
    if (step === undefined) throw new Error(`No map yet: ${about.name} has begun, and its maps are shown once they are written.`);
    const kind = await kindOf(about);
    const ends = await endsOf(about, kind, step, state.quantity, state.percentile);
    const rows = ordered(rowsOf(about, state.index), state);
    const isOwn = state.scale === "each step";
    shown = { state, about, small: smallAbout(about), kind, ends, rows, step, isOwn, together: together(ends), height: 0, columns: 0, side: 0 };
    told.textContent = `${about.name} · step ${step}${classWords(about)} · ${rows.length} of ${about.examples.length} examples · `
      + (isOwn ? "each picture on a scale of its own" : "one scale for all pictures of this step")
      + (about.block > 1 ? ` · maps are means of ${about.block} × ${about.block} pixels` : "");
    const colors = coloring(tools.colormaps, state.colormap, kind.unsigned, shown.together.limit, shown.together.signed);
    scale.replaceChildren(isOwn ? "" : kind.gridBar ? kind.gridBar(shown.together) : kind.hasBar ? bar(colors) : "");
    place();
    await draw(true);
  }

  function place() {
    const width = canvas.clientWidth || node.clientWidth || 300;
    shown.columns = Math.max(1, Math.floor((width + GAP) / (Math.min(shown.state.size, width) + GAP)));
    shown.side = Math.floor((width - GAP * (shown.columns - 1)) / shown.columns);
    shown.height = heightOf(shown, shown.side);
    canvas.style.height = `${Math.max(0, Math.ceil(shown.rows.length / shown.columns) * (shown.height + GAP) - GAP)}px`;
  }

  // The places whose cards are in the window, or near.
  function visible() {
    const top = canvas.getBoundingClientRect().top;
    const high = shown.height + GAP;
    const from = Math.max(0, Math.floor((-top - NEAR) / high));
    const to = Math.max(0, Math.ceil((window.innerHeight - top + NEAR) / high));
    return [from * shown.columns, Math.min(to * shown.columns, shown.rows.length)];
  }

  async function draw(isNew = false) {
    const [from, to] = visible();
    const now = shown;
    for (const [at, card] of cards) {
      if (isNew || at < from || at >= to) {
        cards.delete(at);
        if (!isNew) card.remove();
      }
    }
    const fresh = [];
    for (let at = from; at < to; at += 1) {
      if (cards.has(at)) continue;
      const row = now.rows[at];
      const card = cardOf(row, now, { ...tools, side: now.side });
      card.node.style.transform = `translate(${(at % now.columns) * (now.side + GAP)}px, ${Math.floor(at / now.columns) * (now.height + GAP)}px)`;
      card.node.style.width = `${now.side}px`;
      card.node.style.height = `${now.height}px`;
      cards.set(at, card.node);
      fresh.push(card);
    }
    if (!isNew) canvas.append(...fresh.map((card) => card.node));
    await Promise.all(fresh.map((card) => card.drawn));
    if (isNew && now === shown) canvas.replaceChildren(...cards.values());
  }

  let isAsked = false;
  const soon = (work) => () => {
    if (isAsked || !shown || node.hidden) return;
    isAsked = true;
    requestAnimationFrame(() => { isAsked = false; work(); });
  };
  window.addEventListener("scroll", soon(() => draw()), { passive: true });
  new ResizeObserver(soon(() => { place(); draw(true); })).observe(node);

  return {
    node, show, rows: () => shown?.rows ?? [],
    fail: (error) => {
      shown = null;
      cards.clear();
      canvas.replaceChildren();
      canvas.style.height = "0";
      told.textContent = error.message;
    },
  };
}

// One scale for all.
function together({ limits, signed }) {
  return { limit: limits.reduce((a, b) => Math.max(a, b), 0) || 1, signed: signed.some(Boolean) };
}
