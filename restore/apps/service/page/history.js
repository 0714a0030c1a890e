// What can be undone and done again, as bytes to be kept: the steps next to the present one, as many as there is room for.
import {passed} from './png.js';

const STEPS = 100; // to each side
const BYTES = 2 ** 25; // of their tiles, to each side, before they are deflated
const known = new WeakMap(); // a step does not change: it is deflated once

/** The youngest steps of a list, whose last one is the youngest. */
export function youngest(steps, most = BYTES, count = STEPS) {
  let bytes = 0;
  const from = Math.max(0, steps.length - count);
  for (let i = steps.length - 1; i >= from; i--) {
    for (const bits of steps[i].values()) bytes += bits.length;
    if (bytes > most) return steps.slice(i + 1);
  }
  return steps.slice(from);
}

/** Steps as they are kept, each a map from a tile to its pixels as bits. */
export const flattened = (steps) => Promise.all(youngest(steps).map((step) => {
  if (!known.has(step)) known.set(step, passed(joined(step), new CompressionStream('deflate')));
  return known.get(step);
}));

/** The opposite. */
export const unfolded = (kept = []) => Promise.all(kept.map(async (bytes) => {
  const step = parted(await passed(bytes, new DecompressionStream('deflate')));
  known.set(step, bytes);
  return step;
}));

/** For each tile its number, how many bytes it has, and these. */
function joined(step) {
  const bytes = new Uint8Array([...step.values()].reduce((sum, bits) => sum + 8 + bits.length, 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const [tile, bits] of step) {
    view.setUint32(at, tile);
    view.setUint32(at + 4, bits.length);
    bytes.set(bits, at + 8);
    at += 8 + bits.length;
  }
  return bytes;
}

function parted(bytes) {
  const [step, view] = [new Map(), new DataView(bytes.buffer)];
  for (let at = 0; at < bytes.length;) {
    const length = view.getUint32(at + 4);
    step.set(view.getUint32(at), bytes.slice(at + 8, at + 8 + length));
    at += 8 + length;
  }
  return step;
}
