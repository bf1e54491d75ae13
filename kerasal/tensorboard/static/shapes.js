// The shapes of a run's maps.

const SMALL = 4096; // numbers of a map whose whole history is fetched at once

export const isSmall = (about) => about.shape.slice(1).reduce((product, size) => product * size, 1) <= SMALL;

// The axes of one map; those of size 1 count only in images.
export function axesOf(about) {
  const axes = about.shape.slice(1);
  return about.images ? axes.slice(0, 2) : axes.filter((size, axis) => axis === 0 || size > 1);
}

// The numbers of an example's map without its padding.
export function withoutPadding(about, example, values) {
  const things = about.molecules?.[example].atoms ?? about.tokens?.[example];
  return things ? values.filter((_, k) => k < things.length && things[k] !== null) : values;
}
