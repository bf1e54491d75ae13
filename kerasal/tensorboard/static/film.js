// A film of pictures: an animated PNG (W3C PNG, third edition), with every colour as it is seen.
import { blobOf } from "./take.js";

const LAST = 2000; // milliseconds for which the last picture stays
const SIGNATURE = 8; // bytes before the first chunk

// canvases: one a picture, laid on sheets of one size; pace: milliseconds of each.
export async function film(canvases, pace) {
  const [width, height] = ["width", "height"].map((side) => Math.max(...canvases.map((canvas) => canvas[side])));
  const background = getComputedStyle(document.body).backgroundColor;
  const pictures = [];
  for (const canvas of canvases) pictures.push(chunksOf(await bytesOf(sheet(canvas, width, height, background))));
  const head = pictures[0].find(({ name }) => name === "IHDR").data;
  const parts = [Uint8Array.of(137, 80, 78, 71, 13, 10, 26, 10), chunk("IHDR", head), chunk("acTL", numbers(pictures.length, 0))];
  let place = 0; // of chunks that are counted
  pictures.forEach((chunks, k) => {
    const stays = k === pictures.length - 1 ? LAST : pace;
    parts.push(chunk("fcTL", joined([numbers(place++, width, height, 0, 0), Uint8Array.of(stays >> 8, stays & 255, 3, 232, 0, 0)])));
    for (const { name, data } of chunks) {
      if (name === "IDAT") parts.push(k ? chunk("fdAT", joined([numbers(place++), data])) : chunk(name, data));
    }
  });
  return new Blob([...parts, chunk("IEND", new Uint8Array())], { type: "image/png" });
}

function sheet(picture, width, height, background) {
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  const context = canvas.getContext("2d", { alpha: false }); // all pictures have the same channels
  context.fillStyle = background;
  context.fillRect(0, 0, width, height);
  context.drawImage(picture, 0, 0);
  return canvas;
}

const bytesOf = async (canvas) => new Uint8Array(await (await blobOf(canvas)).arrayBuffer());

function chunksOf(bytes) {
  const view = new DataView(bytes.buffer);
  const chunks = [];
  for (let at = SIGNATURE; at < bytes.length;) {
    const size = view.getUint32(at);
    chunks.push({ name: String.fromCharCode(...bytes.subarray(at + 4, at + 8)), data: bytes.subarray(at + 8, at + 8 + size) });
    at += size + 12;
  }
  return chunks;
}

function chunk(name, data) {
  const named = joined([Uint8Array.from(name, (letter) => letter.charCodeAt(0)), data]);
  return joined([numbers(data.length), named, numbers(checksum(named))]);
}

function numbers(...values) {
  const view = new DataView(new ArrayBuffer(4 * values.length));
  values.forEach((value, k) => view.setUint32(4 * k, value));
  return new Uint8Array(view.buffer);
}

function joined(parts) {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  parts.reduce((at, part) => { whole.set(part, at); return at + part.length; }, 0);
  return whole;
}

const TABLE = Uint32Array.from({ length: 256 }, (_, k) => {
  let value = k;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
  return value;
});

// CRC-32 of ISO 3309.
const checksum = (bytes) => ~bytes.reduce((crc, byte) => TABLE[(crc ^ byte) & 255] ^ (crc >>> 8), 0xffffffff) >>> 0;
