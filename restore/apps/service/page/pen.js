// Painting by keys: a cross is moved over the image, and what it passes is drawn while the pen is down.
import {changed, layer, say, session} from './session.js';
import {centre, marks, redraw} from './stage.js';
import {begin, end, go, isPainting} from './strokes.js';
import {t} from './strings.js';
import {TOOLS} from './tools.js';

const STEP = 0.5; // of the size of the brush

const within = (value, most) => Math.min(most - 0.5, Math.max(0.5, value));
const at = (name) => say(t(name, {x: Math.floor(marks.pen.x), y: Math.floor(marks.pen.y)}));

/** Move the cross by so many steps. */
export function movePen(right, down) {
  const {picture, size} = session;
  if (!picture) return;
  const from = marks.pen ?? centre();
  const by = Math.max(1, size * STEP);
  marks.pen = {x: within(from.x + right * by, picture.width), y: within(from.y + down * by, picture.height)};
  if (isPainting()) go([marks.pen]);
  redraw('marks');
  at(isPainting() ? 'penDraws' : 'penAt');
}

/** Put the pen down where the cross is, or lift it. */
export function tapPen(isErasing = false) {
  if (!layer() || !TOOLS[session.tool]) return;
  marks.pen ??= centre();
  if (isPainting()) end();
  else begin(marks.pen, isErasing);
  at(isPainting() ? 'penDraws' : 'penAt');
  changed();
}
