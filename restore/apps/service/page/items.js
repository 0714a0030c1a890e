// The images: what is added, opened, painted and restored, and that all of it is kept.
import {info} from './api.js';
import {Mask} from './mask.js';
import {painted, picture, smallPicture, thumbnail, transparentPart} from './pictures.js';
import {decoded, encoded} from './png.js';
import {changed, say, session} from './session.js';
import * as store from './store.js';
import {t} from './strings.js';

const RECENT = 4; // masks of images with all that can be undone
const masks = new Map(); // item's id -> mask
let opening = 0;
let listing = null;
let opened = Promise.resolve();
let lane = Promise.resolve(); // small pictures are made one after the other, when what is to be seen large is there

const newId = () => crypto.getRandomValues(new Uint32Array(3)).join('-');

/** What is kept of an item by itself. */
function keep(item) {
  const {results: _, ...rest} = item;
  return store.put('items', rest).catch((error) => say(t('notKept', {reason: error?.message ?? ''}), true));
}

/** All that there was when the page was left is in the list. */
export const listed = () => (listing ??= list());

async function list() {
  const [items, results] = await Promise.all([store.all('items'), store.all('results')]);
  items.sort((a, b) => a.order - b.order);
  results.sort((a, b) => a.order - b.order);
  for (const item of items) item.results = results.filter((result) => result.item === item.id);
  session.items = items;
}

/** Begin with the image that was open when the page was left. */
export async function load() {
  await listed();
  const {items} = session;
  const last = items.find((item) => item.id === localStorage.getItem('restore-current'));
  if (items.length && !session.current) await open(last ?? items[0]);
  session.info = await info().catch(() => null);
  changed();
}

/** Add a file to the list. */
export async function add(name, blob) {
  const order = (session.items.at(-1)?.order ?? 0) + 1;
  const item = {id: newId(), name, blob, order, thumb: null, hasHole: false, shown: '', results: []};
  session.items.push(item);
  await keep(item);
  changed();
  return item;
}

/** A small picture of an image as a blob; null where there is none. */
export function thumbOf(item) {
  lane = lane.then(async () => {
    await opened;
    if (item.thumb) return item.thumb;
    item.thumb = await smallPicture(item.blob, item.name);
    keep(item);
    return item.thumb;
  }).catch(() => null);
  return lane;
}

/** Work on an image; what was asked for last is what is opened. */
export function open(item) {
  opened = openNow(item);
  return opened;
}

async function openNow(item) {
  const mine = ++opening;
  await saveMask();
  localStorage.setItem('restore-current', item.id);
  for (const old of [session.picture, session.result]) old?.close();
  Object.assign(session, {current: item, picture: null, result: null, mask: null, failure: ''});
  changed();
  let drawn;
  try {
    drawn = await picture(item.blob, item.name);
  } catch (error) {
    if (mine === opening) Object.assign(session, {failure: error.message});
    changed();
    return;
  }
  if (mine !== opening) return drawn.close();
  const mask = await maskOf(item, drawn);
  if (mine !== opening) return drawn.close();
  Object.assign(session, {picture: drawn, mask});
  if (!session.isSized) session.size = Math.max(4, Math.round(Math.min(drawn.width, drawn.height) / 20));
  if (!item.thumb) {
    item.thumb = await thumbnail(drawn);
    keep(item);
  }
  await showResult(mine);
  changed();
}

async function maskOf(item, {width, height}) {
  let mask = masks.get(item.id);
  if (!mask) {
    const kept = await store.get('masks', item.id);
    mask = new Mask(width, height, kept ? (await decoded(kept.png)).data : undefined);
    mask.saved = mask.version;
  }
  masks.delete(item.id);
  masks.set(item.id, mask); // as the youngest
  for (const id of [...masks.keys()].slice(0, -RECENT)) masks.delete(id);
  return mask;
}

/** Keep the hole of the current image as it is now. */
export async function saveMask() {
  const {current, mask} = session;
  if (!current || !mask || mask.saved === mask.version) return;
  mask.saved = mask.version;
  current.hasHole = !mask.isEmpty;
  mask.png = await encoded(mask); // also where the browser keeps nothing
  await store.put('masks', {id: current.id, png: mask.png})
    .catch((error) => say(t('notKept', {reason: error?.message ?? ''}), true));
  await keep(current);
  changed();
}

/** The hole of any image as a PNG file; null where it has none. */
export async function maskFile(item) {
  if (item === session.current) await saveMask();
  if (!item.hasHole) return null;
  return masks.get(item.id)?.png ?? (await store.get('masks', item.id))?.png ?? null;
}

/** Take the hole of the current image from a mask file. */
export async function takeMask(name, blob) {
  const {picture: image, mask} = session;
  if (!mask) return;
  const drawn = await picture(blob, name);
  if (drawn.width !== image.width || drawn.height !== image.height) {
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

/** Take the transparent part of the current image as its hole. */
export async function takeAlpha() {
  if (!session.mask) return;
  const data = transparentPart(session.picture);
  if (!data) return say(t('noAlpha'), true);
  session.mask.replace(data);
  show('');
  return saveMask();
}

/** Keep what became of an image, and show it. */
export async function addResult(item, result) {
  if (!session.items.includes(item)) return; // removed in the meantime
  const order = (item.results.at(-1)?.order ?? 0) + 1;
  const kept = {id: newId(), item: item.id, order, ...result};
  item.results.push(kept);
  await store.put('results', kept).catch((error) => say(t('notKept', {reason: error?.message ?? ''}), true));
  if (item === session.current) await show(kept.id);
  else { item.shown = kept.id; await keep(item); }
}

/** Show a result of the current image, or the image itself (''). */
export async function show(id) {
  const item = session.current;
  if (!item || item.shown === id) return;
  item.shown = id;
  keep(item);
  await showResult(opening);
}

async function showResult(mine) {
  const item = session.current;
  const result = item.results.find((one) => one.id === item.shown);
  const drawn = result ? await picture(result.blob, result.name).catch((error) => { say(error.message, true); return null; }) : null;
  if (mine !== opening || item.shown !== (result?.id ?? item.shown)) return drawn?.close();
  session.result?.close();
  session.result = drawn;
  changed();
}

/** Remove a result of the current image. */
export async function removeResult(result) {
  const item = session.current;
  item.results = item.results.filter((one) => one !== result);
  await store.drop('results', result.id);
  if (item.shown === result.id) await show(item.results.at(-1)?.id ?? '');
  changed();
}

/** Remove an image with all that was made of it. */
export async function remove(item) {
  const place = session.items.indexOf(item);
  session.items = session.items.filter((one) => one !== item);
  if (session.job?.item === item) session.job.stop();
  if (session.current === item) {
    session.mask = null;
    const next = session.items[Math.min(place, session.items.length - 1)];
    if (next) await open(next);
    else {
      opening++;
      for (const old of [session.picture, session.result]) old?.close();
      Object.assign(session, {current: null, picture: null, result: null, failure: ''});
    }
  }
  masks.delete(item.id);
  await Promise.all([store.drop('items', item.id), store.drop('masks', item.id), ...item.results.map((one) => store.drop('results', one.id))]);
  changed();
}

/** Open the image that lies so many places further on. */
export function step(by) {
  const next = session.items[session.items.indexOf(session.current) + by];
  if (next) open(next);
}
