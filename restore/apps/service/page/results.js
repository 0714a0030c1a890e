// What became of the images, and which of it is shown.
import {keep, newId, put} from './keeping.js';
import {picture} from './pictures.js';
import {changed, say, session} from './session.js';
import * as store from './store.js';

/** The result of an image that is shown, or else its last. */
export const chosen = (item) => item.results.find((one) => one.id === item.shown) ?? item.results.at(-1);

/** Keep what became of an image, and show it. */
export async function addResult(item, result) {
  if (!session.items.includes(item)) return; // removed in the meantime
  const order = (item.results.at(-1)?.order ?? 0) + 1;
  const kept = {id: newId(), item: item.id, order, ...result};
  item.results.push(kept);
  await put('results', kept);
  if (item === session.current) await show(kept.id);
  else { item.shown = kept.id; await keep(item); }
}

/** Show a result of the current image, or the image itself (''). */
export async function show(id) {
  const item = session.current;
  if (!item || item.shown === id) return;
  item.shown = id;
  keep(item);
  await drawShown();
}

/** Draw what is to be shown of the current image, unless something else is by then. */
export async function drawShown() {
  const {current: item, picture: below} = session;
  const result = item.results.find((one) => one.id === item.shown);
  const drawn = result ? await picture(result.blob, result.name).catch((error) => { say(error.message, true); return null; }) : null;
  if (session.picture !== below || item.shown !== (result?.id ?? item.shown)) return drawn?.close();
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
