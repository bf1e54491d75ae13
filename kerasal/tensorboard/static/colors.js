// From numbers to colours: zero in the middle of a diverging colour map, or at the start of a sequential one.

// The strongest magnitude after leaving out the strongest (100 − percentile) percent; 1 where all is zero.
export function limitOf(maps, percentile) {
  const magnitudes = [];
  for (const values of maps) for (const value of values) magnitudes.push(Math.abs(value));
  const sorted = Float32Array.from(magnitudes).sort();
  const place = Math.min(sorted.length - 1, Math.ceil((percentile / 100) * (sorted.length - 1)));
  return sorted[place] || sorted[sorted.length - 1] || 1;
}

export const isSigned = (maps) => maps.some((values) => values.some((value) => value < 0));

export function chosenMap(name, signed) {
  return name === "auto" ? (signed ? "red-blue" : "inferno") : name;
}

// Index of 257 colours.
export function place(value, limit, signed) {
  const share = signed ? (value / limit + 1) / 2 : value / limit;
  return Math.round(256 * Math.min(Math.max(share, 0), 1));
}
