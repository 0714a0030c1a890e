// Looking behind a result: where a pixel was copied from, and what attention looks at.
import {attention, source} from './api.js';
import {h} from './dom.js';
import {maskFile} from './masks.js';
import {drawPicture, picture} from './pictures.js';
import {onChange, say, session} from './session.js';
import {element, marks, redraw} from './stage.js';
import {t} from './strings.js';

const INSET = 180; // of a part of a reference image, in pixels of the page
const NEAR = 90; // of its pixels on each side of the source

const inset = h('figure', {className: 'inset', hidden: true}, h('canvas', {width: INSET, height: INSET}), h('figcaption'));
element.append(inset);

let seen = null; // what was shown when a source was: with something else, its mark goes
onChange(() => {
  if (seen === session.current?.shown) return;
  marks.source = null;
  inset.hidden = true;
});

const pixel = ({x, y}) => ({x: Math.floor(x), y: Math.floor(y)});
const isInside = ({x, y}) => x >= 0 && y >= 0 && x < session.picture.width && y < session.picture.height;

/** Show where the pixel at a point of the shown result was copied from. */
export async function lookFrom(point) {
  const {x, y} = pixel(point);
  const result = session.current.results.find((one) => one.id === session.current.shown);
  marks.source = null;
  inset.hidden = true;
  redraw('marks');
  if (!result?.token) return say(t('fromNeeds'), true);
  let place;
  try {
    place = await source(result.token, x, y);
  } catch (error) {
    return say(`${t('fromForgotten')} (${error.message})`, true);
  }
  if (!place) return say(t('fromNowhere'));
  seen = session.current.shown;
  if (place.image) return lookInto(result.like?.[place.image - 1], {x, y}, place);
  marks.source = {from: {x: place.column + 0.5, y: place.row + 0.5}, to: {x: x + 0.5, y: y + 0.5}};
  redraw('marks');
  return say(t('fromHere', {x, y, column: place.column, row: place.row}));
}

/** Show the place in a reference image that a pixel was copied from. */
async function lookInto(reference, {x, y}, {column, row}) {
  const name = reference?.name ?? t('reference');
  say(t('fromReference', {x, y, column, row, name}));
  const kept = session.references.find((one) => one.id === reference?.id);
  const drawn = kept && await picture(kept.blob, kept.name).catch(() => null);
  if (!drawn) return;
  const context = inset.firstChild.getContext('2d');
  const scale = INSET / (2 * NEAR);
  context.clearRect(0, 0, INSET, INSET);
  drawPicture(context, drawn, {scale, x: INSET / 2 - (column + 0.5) * scale, y: INSET / 2 - (row + 0.5) * scale});
  drawn.close();
  for (const [colour, wide] of [['#000', 3], ['#fff', 1.2]]) {
    Object.assign(context, {strokeStyle: colour, lineWidth: wide});
    context.beginPath();
    context.arc(INSET / 2, INSET / 2, 9, 0, 2 * Math.PI);
    context.stroke();
  }
  inset.lastChild.textContent = name;
  inset.hidden = false;
}

/** Show, in a window, what each head of the transformer takes for the patch at a point. */
export async function lookAt(point) {
  const {x, y} = pixel(point);
  if (!isInside({x, y})) return;
  const {current} = session;
  say(t('looking'));
  try {
    const mask = await maskFile(current);
    const sheet = await attention({image: [current.blob, current.name], mask: mask ? [mask, 'mask.png'] : null, x, y});
    say('');
    window(sheet, t('attentionOf', {x, y}));
  } catch (error) {
    say(error.message, true);
  }
}

function window(sheet, title) {
  const url = URL.createObjectURL(sheet);
  const dialog = h('dialog', {className: 'sheet', 'aria-label': title}, h('h2', {}, title), h('p', {className: 'hint'}, t('attentionHint')),
    h('div', {className: 'scroll'}, h('img', {src: url, alt: title})),
    h('button', {type: 'button', onclick: () => dialog.close()}, t('close')));
  dialog.onclose = () => { URL.revokeObjectURL(url); dialog.remove(); };
  document.body.append(dialog);
  dialog.showModal();
}
