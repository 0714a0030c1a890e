// The picture with its hole, as near as one likes: three layers, each of which is drawn only when it changes.
import {drawPicture} from './pictures.js';
import {h} from './dom.js';
import {session} from './session.js';
import {isRound} from './tools.js';

const NEAREST = 40; // screen pixels for a pixel of the image
const OPACITY = 0.5; // of the hole

const layers = Object.fromEntries(['picture', 'hole', 'marks'].map((name) => [name, h('canvas', {className: `layer ${name}`})]));
/** What the pointer meets. */
export const element = h('div', {className: 'stage', tabIndex: 0, role: 'application'}, Object.values(layers));
/** Where the image lies, in pixels of the page. */
export const view = {scale: 1, x: 0, y: 0};
/** What is drawn over the image: a line of a tool, the pointer, a pen that keys move, and where a pixel was copied from. */
export const marks = {outline: null, pointer: null, pen: null, source: null};

let stale = new Set();
let fitted = null; // the picture that the view was fitted to
let isFitted = true; // all of it is seen, also when the window changes

/** Draw some layers when the browser draws next: `picture`, `hole`, `marks`, or all. */
export function redraw(...names) {
  if (!stale.size) requestAnimationFrame(drawStale);
  for (const name of names.length ? names : Object.keys(layers)) stale.add(name);
}

new ResizeObserver(([entry]) => {
  const {width, height} = entry.contentRect;
  for (const layer of Object.values(layers)) {
    layer.width = Math.round(width * devicePixelRatio);
    layer.height = Math.round(height * devicePixelRatio);
  }
  if (isFitted) fit();
  else redraw();
}).observe(element);

/** Show all of the image. */
export function fit() {
  const {picture} = session;
  if (!picture || !element.clientWidth) return;
  const margin = 0.98;
  view.scale = Math.min(NEAREST, margin * Math.min(element.clientWidth / picture.width, element.clientHeight / picture.height));
  view.x = (element.clientWidth - picture.width * view.scale) / 2;
  view.y = (element.clientHeight - picture.height * view.scale) / 2;
  fitted = picture;
  isFitted = true;
  redraw();
}

/** Come closer (more than 1) or go away, around a point of the element. */
export function zoom(by, x = element.clientWidth / 2, y = element.clientHeight / 2) {
  const {picture} = session;
  if (!picture) return;
  const least = Math.min(1, 0.5 * Math.min(element.clientWidth / picture.width, element.clientHeight / picture.height));
  const scale = Math.min(NEAREST, Math.max(least, view.scale * by));
  view.x = x - ((x - view.x) * scale) / view.scale;
  view.y = y - ((y - view.y) * scale) / view.scale;
  view.scale = scale;
  isFitted = false;
  redraw();
}

/** Move the image; some of it stays in sight. */
export function pan(dx, dy) {
  const {picture} = session;
  if (!picture) return;
  isFitted = false;
  const within = (place, extent, most) => Math.min(most - 40, Math.max(40 - extent, place));
  view.x = within(view.x + dx, picture.width * view.scale, element.clientWidth);
  view.y = within(view.y + dy, picture.height * view.scale, element.clientHeight);
  redraw();
}

/** A point of the element as one of the image. */
export const inImage = (x, y) => ({x: (x - view.x) / view.scale, y: (y - view.y) / view.scale});

/** The middle of what is seen, as a point of the image. */
export const centre = () => inImage(element.clientWidth / 2, element.clientHeight / 2);

function drawStale() {
  const names = stale;
  stale = new Set();
  if (session.picture && fitted !== session.picture) {
    if (fitted && fitted.width === session.picture.width && fitted.height === session.picture.height) fitted = session.picture;
    else {
      marks.pen = null;
      return fit();
    }
  }
  for (const name of names) draw[name](layers[name].getContext('2d'));
}

const inDevice = () => ({scale: view.scale * devicePixelRatio, x: view.x * devicePixelRatio, y: view.y * devicePixelRatio});

const draw = {
  picture(context) {
    const {width, height} = context.canvas;
    context.clearRect(0, 0, width, height);
    const {picture, result, isHeld, cut} = session;
    if (!picture) return;
    const at = inDevice();
    if (result && !isHeld) drawPicture(context, result, at);
    else drawPicture(context, picture, at);
    if (!result || isHeld || !cut) return;
    const line = Math.round(cut * width);
    context.save();
    context.beginPath();
    context.rect(0, 0, line, height);
    context.clip();
    context.clearRect(0, 0, width, height);
    drawPicture(context, picture, at);
    context.restore();
    context.fillStyle = '#fff';
    context.fillRect(line - 1, 0, 2, height);
  },

  hole(context) {
    const {width, height} = context.canvas;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, width, height);
    const {masks, result} = session;
    if (!masks || result) return;
    const {scale, x, y} = inDevice();
    context.setTransform(scale, 0, 0, scale, x, y);
    context.globalAlpha = OPACITY;
    context.imageSmoothingEnabled = false;
    const level = Math.min(6, Math.max(0, Math.floor(Math.log2(1 / scale))));
    for (const mask of Object.values(masks)) mask.draw(context, {left: -x / scale, top: -y / scale, right: (width - x) / scale, bottom: (height - y) / scale}, level);
  },

  marks(context) {
    const {width, height} = context.canvas;
    context.clearRect(0, 0, width, height);
    const {scale, x, y} = inDevice();
    const place = (point) => [x + point.x * scale, y + point.y * scale];
    const twice = (path) => { // seen on whatever lies below
      for (const [colour, wide] of [['#000', 3], ['#fff', 1.2]]) {
        Object.assign(context, {strokeStyle: colour, lineWidth: wide * devicePixelRatio});
        context.beginPath();
        path();
        context.stroke();
      }
    };
    if (marks.outline) twice(() => { for (const point of marks.outline) context.lineTo(...place(point)); });
    if (marks.pointer && isRound(session.tool)) {
      twice(() => context.arc(...place(marks.pointer), Math.max(1.5, (session.size / 2) * scale), 0, 2 * Math.PI));
    }
    if (marks.pen) {
      const [px, py] = place(marks.pen);
      const arm = 12 * devicePixelRatio;
      twice(() => { context.moveTo(px - arm, py); context.lineTo(px + arm, py); context.moveTo(px, py - arm); context.lineTo(px, py + arm); });
    }
    if (marks.source) {
      const {from, to} = marks.source;
      twice(() => { context.moveTo(...place(from)); context.lineTo(...place(to)); });
      for (const [point, radius] of [[from, 9], [to, 5]]) {
        twice(() => context.arc(...place(point), radius * devicePixelRatio, 0, 2 * Math.PI));
      }
    }
  },
};
