// From numbers to colours: zero in the middle of a diverging colour map, or at the start of a sequential one.

const COLORS = 257; // odd: zero has one of its own, exactly in the middle

// How numbers become colours. `name` is a colour map or "auto"; `unsigned` is what "auto" means without negative numbers.
export function coloring(colormaps, name, unsigned, limit, signed) {
  const chosen = name === "auto" ? (signed ? "red-blue" : unsigned) : name;
  const palette = colormaps[chosen];
  return { palette, limit, signed, color: (value) => palette[indexOf(value, limit, signed)] };
}

function indexOf(value, limit, signed) {
  const share = signed ? (value / limit + 1) / 2 : value / limit;
  return Math.round((COLORS - 1) * Math.min(Math.max(share, 0), 1));
}

export const css = ([red, green, blue]) => `rgb(${red}, ${green}, ${blue})`;

// Black or white, whichever has the higher contrast on a colour (WCAG 2.2, relative luminance).
export function readableOn(color) {
  const [red, green, blue] = color.map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  const luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  return (luminance + 0.05) / 0.05 > 1.05 / (luminance + 0.05) ? "#000" : "#fff";
}

// The colours between their ends, in words.
export const gradient = (palette) =>
  `linear-gradient(to right, ${palette.filter((_, k) => k % 16 === 0).map(css).join(", ")})`;
