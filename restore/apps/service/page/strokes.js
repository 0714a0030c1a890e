// A stroke of a tool, by whatever hand: it begins, goes on and ends.
import {saveMask} from './masks.js';
import {show} from './results.js';
import {changed, layer, session} from './session.js';
import {marks, redraw} from './stage.js';
import {TOOLS} from './tools.js';

let doing = null; // a tool at work
let mask = null; // on which it works

/** Whether a stroke goes on, during which the image stays as it is. */
export const isPainting = () => doing !== null;

/** Begin at a point of the image. */
export function begin(point, isErasing) {
  if (session.result) show(''); // a hole is painted on the image itself
  marks.source = null;
  mask = layer();
  doing = TOOLS[session.tool]();
  doing.isErasing = isErasing;
  doing.begin(mask, point, session);
  marks.outline = doing.outline();
  redraw('hole', 'marks');
}

/** Go on through some points. */
export function go(points) {
  doing.move(mask, points, session);
  marks.outline = doing.outline();
  redraw('hole', 'marks');
}

/** Be done, or leave no trace. */
export function end(isWanted = true) {
  if (isWanted) {
    doing.end(mask);
    mask.commit();
    saveMask();
  } else mask.cancel();
  doing = mask = marks.outline = null;
  redraw('hole', 'marks');
  changed();
}
