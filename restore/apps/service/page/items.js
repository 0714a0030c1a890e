// The images: what is added, opened, painted and restored, and that all of it is kept.
import {info} from './api.js';
import {keep, newId} from './keeping.js';
import {forget, masksOf, saveMask} from './masks.js';
import {picture, smallPicture, thumbnail} from './pictures.js';
import {drawShown} from './results.js';
import {changed, session} from './session.js';
import * as store from './store.js';
import {end, isPainting} from './strokes.js';

let opening = 0;
let listing = null;
let opened = Promise.resolve();
let lane = Promise.resolve(); // small pictures are made one after the other, when what is to be seen large is there

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
  const item = {id: newId(), name, blob, order, thumb: null, hasHole: false, hasBarred: false, shown: '', results: []};
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
  if (isPainting()) end();
  await saveMask();
  localStorage.setItem('restore-current', item.id);
  for (const old of [session.picture, session.result]) old?.close();
  Object.assign(session, {current: item, picture: null, result: null, mask: null, masks: null, failure: ''});
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
  const masks = await masksOf(item, drawn);
  if (mine !== opening) return drawn.close();
  Object.assign(session, {picture: drawn, masks, mask: masks.hole});
  if (!session.isSized) session.size = Math.max(4, Math.round(Math.min(drawn.width, drawn.height) / 20));
  if (!item.thumb) {
    item.thumb = await thumbnail(drawn);
    keep(item);
  }
  await drawShown();
  changed();
}

/** Remove an image with all that was made of it. */
export async function remove(item) {
  const place = session.items.indexOf(item);
  session.items = session.items.filter((one) => one !== item);
  if (session.job?.item === item) session.job.stop();
  if (session.current === item) {
    session.mask = session.masks = null;
    const next = session.items[Math.min(place, session.items.length - 1)];
    if (next) await open(next);
    else {
      opening++;
      for (const old of [session.picture, session.result]) old?.close();
      Object.assign(session, {current: null, picture: null, result: null, failure: ''});
    }
  }
  await Promise.all([store.drop('items', item.id), forget(item), ...item.results.map((one) => store.drop('results', one.id))]);
  changed();
}

/** Open the image that lies so many places further on. */
export function step(by) {
  const next = session.items[session.items.indexOf(session.current) + by];
  if (next) open(next);
}
