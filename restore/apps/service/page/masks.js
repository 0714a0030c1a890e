// What is painted on the images: the hole, and what must not be copied.
import {maskOf} from './api.js';
import {flattened, unfolded} from './history.js';
import {keep, put} from './keeping.js';
import {Mask} from './mask.js';
import {painted, picture, transparentPart} from './pictures.js';
import {decoded, encoded} from './png.js';
import {show} from './results.js';
import {changed, layer, say, session} from './session.js';
import * as store from './store.js';
import {t} from './strings.js';

const RECENT = 4; // images whose masks stay at hand
const COLOURS = {hole: 0xff_7a_00_ff, barred: 0xff_ff_a0_00}; // alpha, blue, green, red
const masks = new Map(); // item's id -> masks
let saving = Promise.resolve();

const idOf = (item, name) => (name === 'hole' ? item.id : `${item.id}-${name}`);

/** The masks of an image, with what was done to them before. */
export async function masksOf(item, {width, height}) {
  const found = masks.get(item.id) ?? Object.fromEntries(await Promise.all(Object.keys(COLOURS).map(async (name) => {
    const kept = await store.get('masks', idOf(item, name));
    const mask = new Mask(width, height, COLOURS[name], kept ? (await decoded(kept.png)).data : undefined);
    Object.assign(mask, {saved: mask.version, png: kept?.png ?? null});
    [mask.past, mask.future] = await Promise.all([unfolded(kept?.past), unfolded(kept?.future)]);
    return [name, mask];
  })));
  masks.delete(item.id);
  masks.set(item.id, found); // as the youngest
  for (const id of [...masks.keys()].slice(0, -RECENT)) masks.delete(id);
  return found;
}

/** Keep what is painted on the current image: one time after the other, so that the last one stays. */
export function saveMask() {
  const {current, masks: all} = session;
  if (current && all) saving = saving.then(() => save(current, all)).catch((error) => say(error.message, true));
  return saving;
}

async function save(item, all) {
  const stale = Object.entries(all).filter(([, mask]) => mask.saved !== mask.version); // none where a time before had it all
  if (!stale.length) return;
  for (const [name, mask] of stale) {
    mask.saved = mask.version;
    item[name === 'hole' ? 'hasHole' : 'hasBarred'] = !mask.isEmpty;
    const [png, past, future] = await Promise.all([encoded(mask), flattened(mask.past), flattened(mask.future)]);
    mask.png = png; // also where the browser keeps nothing
    if (session.items.includes(item)) await put('masks', {id: idOf(item, name), png, past, future});
  }
  if (session.items.includes(item)) await keep(item);
  changed();
}

/** A mask of any image as a PNG file; null where nothing is painted: `hole` or `barred`. */
export async function maskFile(item, name = 'hole') {
  if (item === session.current) await saveMask();
  if (!item[name === 'hole' ? 'hasHole' : 'hasBarred']) return null;
  return masks.get(item.id)?.[name].png ?? (await store.get('masks', idOf(item, name)))?.png ?? null;
}

/** Forget what was painted on an image. */
export function forget(item) {
  masks.delete(item.id);
  return Promise.all(Object.keys(COLOURS).map((name) => store.drop('masks', idOf(item, name))));
}

/** Take what is painted from a mask file, as the service reads it. */
export async function takeMask(name, blob) {
  const {picture: image, settings} = session;
  const mask = layer();
  if (!mask) return;
  const drawn = await picture(await maskOf(blob, name, {mask_means: settings.maskMeans, mask_values: settings.maskValues}), name);
  if (mask !== layer()) say('');
  else if (drawn.width !== image.width || drawn.height !== image.height) {
    const sizes = {mask: `${drawn.width} × ${drawn.height}`, image: `${image.width} × ${image.height}`};
    say(`${name}: ${t('maskSize', sizes)}`, true);
  } else {
    mask.replace(painted(drawn));
    show('');
    await saveMask();
    say(t('maskTaken', {name}));
  }
  drawn.close();
}

/** Take the transparent part of the current image. */
export async function takeAlpha() {
  const mask = layer();
  if (!mask) return;
  const data = transparentPart(session.picture);
  if (!data) return say(t('noAlpha'), true);
  mask.replace(data);
  show('');
  return saveMask();
}

/** Paint what is not painted, and the other way round. */
export async function invert() {
  const mask = layer();
  if (!mask) return;
  mask.replace(mask.data.map((value) => 1 - value));
  show('');
  await saveMask();
}
