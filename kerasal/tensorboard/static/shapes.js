// The shapes of a run's maps.

const SMALL = 4096; // numbers of a map whose whole history is fetched at once

export const isSmall = (about) => about.shape.slice(1).reduce((product, size) => product * size, 1) <= SMALL;

// The axes of one map, without those of size 1 behind the first.
export const longAxes = (about) => about.shape.slice(1).filter((size, axis) => axis === 0 || size > 1);
