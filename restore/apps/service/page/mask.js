// What is painted on an image: a byte for each of its pixels, drawn in tiles, of which only those that changed are drawn anew.
import {youngest} from './history.js';
import {packed, unpacked} from './png.js';

const SIDE = 512; // of a tile
const KEPT = 2 ** 27; // bytes of tiles that undoing may take

export class Mask {
  constructor(width, height, colour, data = new Uint8Array(width * height)) {
    Object.assign(this, {width, height, colour, data, past: [], future: [], version: 0});
    this.columns = Math.ceil(width / SIDE);
    this.rows = Math.ceil(height / SIDE);
    this.changes = new Uint32Array(this.columns * this.rows); // how often each tile changed
    this.drawn = new Map(); // tile -> {canvas, level, change}
    this.before = new Map(); // tile -> its pixels before the change that goes on
  }

  get isEmpty() { return !this.data.includes(1); }

  /** Change pixels in a part of the image: `shape` is given a function as in shapes.js. */
  paint(value, {left, top, right, bottom}, shape) {
    [left, top] = [Math.max(left, 0), Math.max(top, 0)];
    [right, bottom] = [Math.min(right, this.width), Math.min(bottom, this.height)];
    if (left >= right || top >= bottom) return;
    for (let row = Math.floor(top / SIDE); row * SIDE < bottom; row++) {
      for (let column = Math.floor(left / SIDE); column * SIDE < right; column++) this.touch(row * this.columns + column);
    }
    shape((y, from, to) => {
      if (y < 0 || y >= this.height) return;
      [from, to] = [Math.max(from, 0), Math.min(to, this.width)];
      if (from < to) this.data.fill(value, y * this.width + from, y * this.width + to);
    });
  }

  /** Take other pixels as a whole. */
  replace(data) {
    for (let tile = 0; tile < this.changes.length; tile++) this.touch(tile);
    this.data.set(data);
    this.commit();
  }

  touch(tile) {
    if (!this.before.has(tile)) this.before.set(tile, this.cut(tile));
    this.changes[tile]++;
  }

  /** A change is complete: it can be undone as one. */
  commit() {
    if (!this.before.size) return;
    this.past.push(new Map([...this.before].map(([tile, pixels]) => [tile, packed(pixels)])));
    this.before.clear();
    this.future = [];
    this.past = youngest(this.past, KEPT, Infinity);
    this.version++;
  }

  /** A change is not wanted: all is as it was before it began. */
  cancel() {
    for (const [tile, pixels] of this.before) this.put(tile, pixels);
    this.before.clear();
  }

  undo() { return this.move(this.past, this.future); }
  redo() { return this.move(this.future, this.past); }

  move(from, to) {
    const entry = from.pop();
    if (!entry) return false;
    const other = new Map();
    for (const [tile, bits] of entry) {
      const now = this.cut(tile);
      other.set(tile, packed(now));
      this.put(tile, unpacked(bits, now.length));
    }
    to.push(other);
    this.version++;
    return true;
  }

  /** What is painted lies within; null where nothing is. */
  bounds() {
    let [left, right, top, bottom] = [this.width, 0, this.height, 0];
    for (let y = 0; y < this.height; y++) {
      const line = this.data.subarray(y * this.width, (y + 1) * this.width);
      const first = line.indexOf(1);
      if (first < 0) continue;
      [left, right] = [Math.min(left, first), Math.max(right, line.lastIndexOf(1) + 1)];
      [top, bottom] = [Math.min(top, y), y + 1];
    }
    return right ? {left, top, right, bottom} : null;
  }

  extent(tile) {
    const [x, y] = [(tile % this.columns) * SIDE, Math.floor(tile / this.columns) * SIDE];
    return {x, y, width: Math.min(SIDE, this.width - x), height: Math.min(SIDE, this.height - y)};
  }

  cut(tile) {
    const {x, y, width, height} = this.extent(tile);
    const pixels = new Uint8Array(width * height);
    for (let row = 0; row < height; row++) {
      const start = (y + row) * this.width + x;
      pixels.set(this.data.subarray(start, start + width), row * width);
    }
    return pixels;
  }

  put(tile, pixels) {
    const {x, y, width, height} = this.extent(tile);
    for (let row = 0; row < height; row++) {
      this.data.set(pixels.subarray(row * width, (row + 1) * width), (y + row) * this.width + x);
    }
    this.changes[tile]++;
  }

  /** Draw what lies in a part of the image, at 1/2**level of its size, through a context in its pixels. */
  draw(context, {left, top, right, bottom}, level) {
    for (let row = Math.max(0, Math.floor(top / SIDE)); row < Math.min(this.rows, Math.ceil(bottom / SIDE)); row++) {
      for (let column = Math.max(0, Math.floor(left / SIDE)); column < Math.min(this.columns, Math.ceil(right / SIDE)); column++) {
        const tile = row * this.columns + column;
        const {x, y} = this.extent(tile);
        const canvas = this.canvas(tile, level);
        if (canvas) context.drawImage(canvas, x, y, canvas.width * 2 ** level, canvas.height * 2 ** level);
      }
    }
  }

  /** A tile at 1/2**level of its size; none where nothing is painted. A pixel is drawn if any of those below is. */
  canvas(tile, level) {
    const known = this.drawn.get(tile);
    if (known?.level === level && known.change === this.changes[tile]) return known.canvas;
    const {x, y, width, height} = this.extent(tile);
    const step = 2 ** level;
    const [w, h] = [Math.ceil(width / step), Math.ceil(height / step)];
    let [image, pixels] = [null, null];
    for (let row = 0; row < height; row++) {
      const start = (y + row) * this.width + x;
      const line = this.data.subarray(start, start + width);
      const to = (row >> level) * w;
      let at = line.indexOf(1); // most rows hold nothing, and this is quicker than looking at each pixel
      if (at < 0) continue;
      image ??= new ImageData(w, h);
      pixels ??= new Uint32Array(image.data.buffer);
      for (; at < width; at++) if (line[at]) pixels[to + (at >> level)] = this.colour;
    }
    let canvas = null;
    if (image) {
      canvas = new OffscreenCanvas(w, h);
      canvas.getContext('2d').putImageData(image, 0, 0);
    }
    this.drawn.set(tile, {canvas, level, change: this.changes[tile]});
    return canvas;
  }
}
