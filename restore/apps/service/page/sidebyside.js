// The results of an image side by side, around its hole, to choose from.
import {h} from './dom.js';
import {about} from './list.js';
import {drawPicture, picture} from './pictures.js';
import {show} from './results.js';
import {session} from './session.js';
import {t} from './strings.js';

const SIDE = 360; // of each, in pixels of the page
const AROUND = 0.5; // of the hole's size that is seen on each side

/** What is looked at: the hole with what surrounds it, or else the whole image. */
function part({width, height}, hole) {
  if (!hole) return {left: 0, top: 0, right: width, bottom: height};
  const by = AROUND * Math.max(hole.right - hole.left, hole.bottom - hole.top, 16);
  return {left: Math.max(0, hole.left - by), top: Math.max(0, hole.top - by), right: Math.min(width, hole.right + by), bottom: Math.min(height, hole.bottom + by)};
}

function drawn(canvas, image, {left, top, right, bottom}) {
  const scale = Math.min(SIDE / (right - left), SIDE / (bottom - top)) * devicePixelRatio;
  canvas.width = Math.max(1, Math.round((right - left) * scale));
  canvas.height = Math.max(1, Math.round((bottom - top) * scale));
  drawPicture(canvas.getContext('2d'), image, {scale, x: -left * scale, y: -top * scale});
}

/** Show them in a window: a click, or a number, chooses one. */
export async function compareSideBySide() {
  const {current, picture: original, mask} = session;
  if (!current?.results.length || !original) return;
  const box = part(original, mask?.bounds());
  const things = [{id: '', name: t('original')}, ...current.results.map((one) => ({id: one.id, name: about(one), result: one}))];
  const choices = things.map(({id, name}, i) => h('button', {type: 'button', className: 'side', onclick: () => choose(id), 'aria-current': id === current.shown,
    autofocus: id === current.shown, 'aria-keyshortcuts': String(i)}, h('canvas', {'aria-hidden': 'true'}), h('span', {}, h('kbd', {}, String(i)), ` ${name}`)));
  const dialog = h('dialog', {className: 'sides', 'aria-label': t('sideBySide')}, h('h2', {}, t('sideBySide')), h('p', {className: 'hint'}, t('sideBySideHint')),
    h('div', {className: 'grid'}, choices), h('button', {type: 'button', onclick: () => dialog.close()}, t('close')));
  const choose = (id) => { dialog.close(); show(id); };
  dialog.onkeydown = (event) => {
    const thing = /^\d$/.test(event.key) && things[Number(event.key)];
    if (thing) choose(thing.id);
  };
  dialog.onclose = () => dialog.remove();
  document.body.append(dialog);
  dialog.showModal();
  for (const [i, {result}] of things.entries()) { // one after the other: large images take memory
    const canvas = choices[i].querySelector('canvas');
    if (!result) drawn(canvas, original, box);
    else if (dialog.open) {
      const image = await picture(result.blob, result.name).catch(() => null);
      if (image) drawn(canvas, image, box);
      image?.close();
    }
  }
}
