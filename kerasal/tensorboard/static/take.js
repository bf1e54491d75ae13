// What is seen, to take along: a picture with its bars of colours, and tables of numbers.

export const blobOf = (canvas) => new Promise((done) => { canvas.toBlob(done, "image/png"); });

// A canvas of an element as it is on the screen.
export async function pictureOf(node) {
  const box = node.getBoundingClientRect();
  const copy = node.cloneNode(true);
  const canvases = [...node.querySelectorAll("canvas")];
  [...copy.querySelectorAll("canvas")].forEach((canvas, k) => {
    const image = document.createElement("img");
    image.src = canvases[k].toDataURL();
    image.className = canvas.className;
    image.setAttribute("style", canvas.getAttribute("style") ?? "");
    canvas.replaceWith(image);
  });
  const style = await (await fetch("./style.css")).text();
  const scheme = getComputedStyle(document.documentElement).colorScheme;
  const body = getComputedStyle(document.body);
  const page = document.createElement("div");
  page.setAttribute("style", `font: 14px/1.4 ${body.fontFamily.replaceAll('"', "'")}; color: ${body.color}; background: ${body.backgroundColor}; width: ${box.width}px;`);
  page.append(copy);
  const text = new XMLSerializer().serializeToString(page);
  const scale = window.devicePixelRatio || 1;
  const sheet = new XMLSerializer().serializeToString(Object.assign(document.createElement("style"), { textContent: style }));
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${box.width}" height="${box.height}" style="color-scheme: ${scheme}">`
    + `${sheet}<foreignObject width="100%" height="100%">${text}</foreignObject></svg>`;
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  await image.decode();
  const canvas = Object.assign(document.createElement("canvas"), { width: Math.ceil(scale * box.width), height: Math.ceil(scale * box.height) });
  const context = canvas.getContext("2d");
  context.scale(scale, scale);
  context.drawImage(image, 0, 0);
  return canvas;
}

// Rows as a table for a spreadsheet. Words that it would take for a formula begin with an apostrophe.
export function csv(rows) {
  const cell = (value) => {
    if (value === null || value === undefined) return "";
    if (typeof value === "number") return String(value);
    const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value);
    return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return new Blob([rows.map((row) => row.map(cell).join(",")).join("\r\n"), "\r\n"], { type: "text/csv" });
}

export function save(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

// Numbers of all examples and steps of runs.
export function numberRows(abouts) {
  const names = [...new Set(abouts.flatMap((about) => Object.keys(about.numbers)))];
  return [["run", "step", "example", ...names], ...abouts.flatMap((about) => about.steps.flatMap((step, at) =>
    about.examples.map((example, n) => [about.name, step, example, ...names.map((name) => about.numbers[name]?.[at]?.[n] ?? null)])))];
}

// The maps that are shown, a number a row.
export function mapRows(panes) {
  const rows = panes.flatMap(({ pane, label }) => [...pane.values].map((value, k) =>
    [pane.title, label(k), value, pane.std ? pane.std[k] : null]));
  return [["map", "position", "value", "std"], ...rows];
}
