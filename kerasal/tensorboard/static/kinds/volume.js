// Volumes: slices along the first axis, drawn as the frames of a video.
export * from "./video.js";
