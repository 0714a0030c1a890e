// Looking behind a result: where a pixel was copied from, and what attention looks at.
import {attention, source} from './api.js';
import {h} from './dom.js';
import {maskFile} from './items.js';
import {onChange, say, session} from './session.js';
import {marks, redraw} from './stage.js';
import {t} from './strings.js';

let seen = null; // what was shown when a source was: with something else, its mark goes
onChange(() => {
  if (marks.source && seen !== session.current?.shown) marks.source = null;
});

const pixel = ({x, y}) => ({x: Math.floor(x), y: Math.floor(y)});
const isInside = ({x, y}) => x >= 0 && y >= 0 && x < session.picture.width && y < session.picture.height;

/** Show where the pixel at a point of the shown result was copied from. */
export async function lookFrom(point) {
  const {x, y} = pixel(point);
  const result = session.current.results.find((one) => one.id === session.current.shown);
  marks.source = null;
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
  marks.source = {from: {x: place.column + 0.5, y: place.row + 0.5}, to: {x: x + 0.5, y: y + 0.5}};
  redraw('marks');
  return say(t('fromHere', {x, y, column: place.column, row: place.row}));
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
