// Masks as PNG files of one bit for each pixel, white where the hole is; and as bits.
import {crc32} from './zip.js';

const SIGNATURE = [137, 80, 78, 71, 13, 10, 26, 10];

/** Eight pixels in a byte, the first in its highest bit. */
export function packed(pixels, bits = new Uint8Array(Math.ceil(pixels.length / 8)), start = 0) {
  for (let i = pixels.indexOf(1); i >= 0;) { // from run to run: what is painted has few
    const found = pixels.indexOf(0, i);
    const end = found < 0 ? pixels.length : found;
    for (; i < end && i & 7; i++) bits[start + (i >> 3)] |= 128 >> (i & 7);
    const whole = end >> 3;
    if (i >> 3 < whole) bits.fill(255, start + (i >> 3), start + whole);
    for (i = Math.max(i, whole << 3); i < end; i++) bits[start + (i >> 3)] |= 128 >> (i & 7);
    i = pixels.indexOf(1, end);
  }
  return bits;
}

/** The opposite; `pixels` hold nothing before. */
export function unpacked(bits, length, pixels = new Uint8Array(length), start = 0) {
  for (let byte = 0; byte * 8 < length; byte++) {
    if (!bits[byte]) continue;
    const end = Math.min(byte * 8 + 8, length);
    if (bits[byte] === 255) pixels.fill(1, start + byte * 8, start + end);
    else for (let i = byte * 8; i < end; i++) pixels[start + i] = (bits[byte] >> (7 - (i & 7))) & 1;
  }
  return pixels;
}

/** The file of a mask. */
export async function encoded({width, height, data}) {
  const stride = 1 + Math.ceil(width / 8); // the first byte of each row says that it is not filtered
  const rows = new Uint8Array(stride * height);
  for (let y = 0; y < height; y++) packed(data.subarray(y * width, (y + 1) * width), rows, y * stride + 1);
  const header = new DataView(new ArrayBuffer(13));
  header.setUint32(0, width);
  header.setUint32(4, height);
  header.setUint8(8, 1); // bits; what follows is gray, and neither interlaced nor anything else
  return new Blob([
    new Uint8Array(SIGNATURE), chunk('IHDR', new Uint8Array(header.buffer)),
    chunk('IDAT', await passed(rows, new CompressionStream('deflate'))), chunk('IEND', new Uint8Array()),
  ], {type: 'image/png'});
}

/** The pixels of a file that `encoded` made. */
export async function decoded(file) {
  const bytes = new Uint8Array(await file.arrayBuffer());
  const view = new DataView(bytes.buffer);
  const [width, height, length] = [view.getUint32(16), view.getUint32(20), view.getUint32(33)];
  const rows = await passed(bytes.subarray(41, 41 + length), new DecompressionStream('deflate'));
  const stride = 1 + Math.ceil(width / 8);
  const data = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) unpacked(rows.subarray(y * stride + 1, (y + 1) * stride), width, data, y * width);
  return {width, height, data};
}

/** Bytes that went through a stream. */
export async function passed(bytes, through) {
  return new Uint8Array(await new Response(new Blob([bytes]).stream().pipeThrough(through)).arrayBuffer());
}

function chunk(name, content) {
  const bytes = new Uint8Array(12 + content.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, content.length);
  bytes.set(new TextEncoder().encode(name), 4);
  bytes.set(content, 8);
  view.setUint32(8 + content.length, crc32(bytes.subarray(4, 8 + content.length)));
  return bytes;
}
