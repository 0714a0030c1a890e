// Image files as pictures to be drawn: halved again and again, so that drawing is quick however far one is away.
import {preview} from './api.js';

const SMALLEST = 700; // pixels: no smaller copies are made
const SMALL = 192; // pixels of the longer side of small pictures
const STRIP = 256; // rows that are looked at together
const HOLE = 0.1; // as the service has it: what is more than this part hole is filled as a whole

/** What a browser shows of a file, and the service where the browser cannot. */
export async function picture(blob, name) {
  let [bitmap, size] = [null, null];
  try {
    bitmap = await createImageBitmap(blob, {imageOrientation: 'from-image'});
  } catch {
    size = await preview(blob, name); // which is refused with the reason if it is no image at all
    bitmap = await createImageBitmap(size.blob);
  }
  const levels = [bitmap];
  for (let last = bitmap; Math.max(last.width, last.height) > 2 * SMALLEST; levels.push(last)) {
    const half = {resizeWidth: Math.ceil(last.width / 2), resizeHeight: Math.ceil(last.height / 2), resizeQuality: 'medium'};
    last = await createImageBitmap(last, half);
  }
  const {width, height} = size ?? bitmap;
  const close = () => { for (const level of levels) level.close(); };
  return {width, height, levels, close};
}

/** A small picture of a file as a blob. */
export async function smallPicture(blob, name) {
  let bitmap;
  try {
    bitmap = await createImageBitmap(blob, {imageOrientation: 'from-image', resizeWidth: SMALL, resizeQuality: 'medium'});
  } catch {
    return (await preview(blob, name, SMALL)).blob;
  }
  const made = await thumbnail({levels: [bitmap]});
  bitmap.close();
  return made;
}

/** Draw the part of a picture that is seen, through a context in device pixels. */
export function drawPicture(context, {width, height, levels}, {scale, x, y}) {
  const wanted = levels.findLastIndex((level) => level.width >= width * scale);
  const level = levels[Math.max(wanted, 0)];
  const [left, top] = [Math.max(0, Math.floor(-x / scale)), Math.max(0, Math.floor(-y / scale))];
  const right = Math.min(width, Math.ceil((context.canvas.width - x) / scale));
  const bottom = Math.min(height, Math.ceil((context.canvas.height - y) / scale));
  if (left >= right || top >= bottom) return;
  const [sx, sy] = [level.width / width, level.height / height];
  context.imageSmoothingEnabled = scale < 3; // from there on, pixels are seen
  context.drawImage(level, left * sx, top * sy, (right - left) * sx, (bottom - top) * sy,
    x + left * scale, y + top * scale, (right - left) * scale, (bottom - top) * scale);
}

/** A small picture as a blob. */
export function thumbnail({levels}, side = SMALL) {
  const last = levels.at(-1);
  const scale = Math.min(1, side / Math.max(last.width, last.height));
  const canvas = new OffscreenCanvas(Math.max(1, Math.round(last.width * scale)), Math.max(1, Math.round(last.height * scale)));
  const context = canvas.getContext('2d');
  context.imageSmoothingQuality = 'high';
  context.drawImage(last, 0, 0, canvas.width, canvas.height);
  return canvas.convertToBlob({type: 'image/png'});
}

/** The hole that the transparent part of a picture is: a byte for each pixel; null if nothing is transparent. */
export function transparentPart({width, height, levels}) {
  let isThere = false;
  const data = each(levels[0], width, height, (rgba, i) => {
    const isHole = rgba[i + 3] < (1 - HOLE) * 255;
    isThere ||= isHole;
    return isHole;
  });
  return isThere ? data : null;
}

/** What is white in a mask of the service. */
export const painted = ({width, height, levels}) => each(levels[0], width, height, (rgba, i) => rgba[i] > 127);

/** A byte for each pixel of an image, by what a function tells of its colours; a smaller picture is widened. */
function each(bitmap, width, height, tell) {
  const data = new Uint8Array(width * height);
  const canvas = new OffscreenCanvas(width, STRIP);
  const context = canvas.getContext('2d', {willReadFrequently: true});
  context.imageSmoothingEnabled = false;
  for (let top = 0; top < height; top += STRIP) {
    const rows = Math.min(STRIP, height - top);
    context.clearRect(0, 0, width, STRIP);
    context.drawImage(bitmap, 0, (top * bitmap.height) / height, bitmap.width, (rows * bitmap.height) / height, 0, 0, width, rows);
    const rgba = context.getImageData(0, 0, width, rows).data;
    for (let i = 0; i < width * rows; i++) data[top * width + i] = tell(rgba, 4 * i);
  }
  return data;
}
