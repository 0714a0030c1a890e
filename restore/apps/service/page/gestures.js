// Pointers on the stage: one paints, the middle button or the space bar moves the image, two fingers move and zoom.
import {lookAt, lookFrom} from './look.js';
import {changed, session} from './session.js';
import {element, inImage, marks, pan, redraw, zoom} from './stage.js';
import {begin, end, go, isPainting} from './strokes.js';

const pointers = new Map(); // those that are down: id -> where
let isPanning = false;
let isSpaceDown = false;

const where = (event) => {
  const {left, top} = element.getBoundingClientRect();
  return {x: event.clientX - left, y: event.clientY - top};
};
const point = (event) => { const {x, y} = where(event); return inImage(x, y); };

/** Size of the brush in pixels of the image. */
export function resize(by) {
  session.size = Math.min(2000, Math.max(1, session.size * by));
  session.isSized = true;
  redraw('marks');
  changed();
}

function press(event) {
  if (isPainting()) end(); // by keys
  const tool = event.altKey ? 'from' : session.tool;
  if (event.button === 1 || isSpaceDown || tool === 'hand') isPanning = true;
  else if (event.button !== 0 || !session.mask) return;
  else if (tool === 'from') lookFrom(point(event));
  else if (tool === 'attention') lookAt(point(event));
  else begin(point(event), event.shiftKey);
}

function pinch(event) {
  const [id] = [...pointers.keys()].filter((one) => one !== event.pointerId);
  const [still, before, now] = [pointers.get(id), pointers.get(event.pointerId), where(event)];
  const apart = (a, b) => Math.max(10, Math.hypot(a.x - b.x, a.y - b.y));
  pan((now.x - before.x) / 2, (now.y - before.y) / 2);
  zoom(apart(now, still) / apart(before, still), (now.x + still.x) / 2, (now.y + still.y) / 2);
}

element.addEventListener('pointerdown', (event) => {
  element.setPointerCapture(event.pointerId);
  pointers.set(event.pointerId, where(event));
  if (pointers.size === 1) press(event);
  else if (pointers.size === 2) {
    isPanning = false;
    if (isPainting()) end(false); // the first finger was the beginning of two
  }
  if (event.button === 1) event.preventDefault();
  element.focus({preventScroll: true});
});

element.addEventListener('pointermove', (event) => {
  marks.pointer = event.pointerType === 'touch' ? null : point(event);
  const before = pointers.get(event.pointerId);
  if (before && pointers.size === 2) pinch(event);
  else if (before && isPanning) {
    const now = where(event);
    pan(now.x - before.x, now.y - before.y);
  } else if (before && isPainting()) {
    const events = event.getCoalescedEvents?.() ?? [];
    go((events.length ? events : [event]).map(point));
  }
  if (before) pointers.set(event.pointerId, where(event));
  redraw('marks');
});

for (const [name, isWanted] of [['pointerup', true], ['pointercancel', false]]) {
  element.addEventListener(name, (event) => {
    const wasDown = pointers.delete(event.pointerId);
    if (wasDown && isPainting()) end(isWanted);
    isPanning = false;
  });
}

element.addEventListener('pointerleave', () => { marks.pointer = null; redraw('marks'); });
element.addEventListener('contextmenu', (event) => event.preventDefault());
element.addEventListener('wheel', (event) => {
  event.preventDefault();
  const far = (event.deltaY || event.deltaX) * (event.deltaMode === 1 ? 20 : 1);
  const by = Math.exp(-Math.max(-200, Math.min(200, far)) / 400);
  const {x, y} = where(event);
  if (event.altKey) resize(by);
  else zoom(by, x, y);
}, {passive: false});

addEventListener('keydown', (event) => {
  if (event.code !== 'Space' || event.target !== element) return;
  isSpaceDown = true;
  element.classList.add('moving');
  event.preventDefault();
});
addEventListener('keyup', (event) => {
  if (event.code !== 'Space') return;
  isSpaceDown = false;
  element.classList.remove('moving');
});
