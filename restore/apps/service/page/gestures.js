// Pointers on the stage: one paints, the middle button or the space bar moves the image, two fingers move and zoom.
import {saveMask, show} from './items.js';
import {lookAt, lookFrom} from './look.js';
import {changed, session} from './session.js';
import {element, inImage, marks, pan, redraw, zoom} from './stage.js';
import {TOOLS} from './tools.js';

const pointers = new Map(); // those that are down: id -> where
let doing = null; // a tool at work
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

function begin(event) {
  const make = event.altKey ? null : TOOLS[session.tool];
  const tool = event.altKey ? 'from' : session.tool;
  if (event.button === 1 || isSpaceDown || tool === 'hand') isPanning = true;
  else if (event.button !== 0 || !session.mask) return;
  else if (tool === 'from') lookFrom(point(event));
  else if (tool === 'attention') lookAt(point(event));
  else {
    if (session.result) show(''); // a hole is painted on the image itself
    marks.source = null;
    doing = make();
    doing.isErasing = event.shiftKey;
    doing.begin(session.mask, point(event), session);
    marks.outline = doing.outline();
    redraw('hole', 'marks');
  }
}

function finish(isWanted) {
  if (doing && session.mask) {
    if (isWanted) {
      doing.end(session.mask);
      session.mask.commit();
      saveMask();
    } else session.mask.cancel();
    changed();
  }
  doing = marks.outline = null;
  redraw('hole', 'marks');
}

function pinch(event) {
  const [id] = [...pointers.keys()].filter((one) => one !== event.pointerId);
  const [still, before, now] = [pointers.get(id), pointers.get(event.pointerId), where(event)];
  const apart = (a, b) => Math.max(10, Math.hypot(a.x - b.x, a.y - b.y));
  pan((now.x - before.x) / 2, (now.y - before.y) / 2);
  zoom(apart(now, still) / apart(before, still), (now.x + still.x) / 2, (now.y + still.y) / 2);
}

/** Whether a stroke goes on, during which the image stays as it is. */
export const isPainting = () => doing !== null;

element.addEventListener('pointerdown', (event) => {
  element.setPointerCapture(event.pointerId);
  pointers.set(event.pointerId, where(event));
  if (pointers.size === 1) begin(event);
  else if (pointers.size === 2) {
    isPanning = false;
    if (doing) finish(false); // the first finger was the beginning of two
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
  } else if (doing && session.mask) {
    const events = event.getCoalescedEvents?.() ?? [];
    doing.move(session.mask, (events.length ? events : [event]).map(point), session);
    marks.outline = doing.outline();
    redraw('hole');
  }
  if (before) pointers.set(event.pointerId, where(event));
  redraw('marks');
});

for (const [name, isWanted] of [['pointerup', true], ['pointercancel', false]]) {
  element.addEventListener(name, (event) => {
    pointers.delete(event.pointerId);
    if (doing) finish(isWanted);
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
