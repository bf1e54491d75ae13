// Ways to look at a picture and the saliency over it, and the colours of each.

export const VIEWS = {
  overlay: { words: "saliency over the image", hasOpacity: true },
  "side by side": { words: "image and overlay", hasOpacity: true },
  heat: { words: "saliency alone" },
  original: { words: "image alone" },
};

// {heat, original, overlay}: functions of a position that give [red, green, blue]. `original` has three bytes per position.
// The overlay is as opaque as the saliency is strong: `opacity` at the end of the scale, 0 at 0, where the picture stays as it is.
export function colorsOf(values, original, coloring, opacity) {
  const heat = (k) => coloring.color(values[k]);
  const of = (k) => original.subarray(3 * k, 3 * k + 3);
  return { heat, original: of, overlay: (k) => mixed(heat(k), of(k), opacity * shareOf(values[k], coloring.limit)) };
}

const shareOf = (value, limit) => Math.min(Math.abs(value) / limit, 1);

const mixed = (color, under, opacity) => color.map((part, k) => (1 - opacity) * under[k] + opacity * part);
