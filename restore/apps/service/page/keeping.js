// Keeping things in the browser's database, and saying so where it does not.
import {say} from './session.js';
import * as store from './store.js';
import {t} from './strings.js';

/** A name that no other thing has. */
export const newId = () => crypto.getRandomValues(new Uint32Array(3)).join('-');

/** Keep a thing in the place of the one before. */
export const put = (name, thing) => store.put(name, thing).catch((error) => say(t('notKept', {reason: error?.message ?? ''}), true));

/** Keep what there is of an image but for its masks and results. */
export function keep(item) {
  const {results: _, ...rest} = item;
  return put('items', rest);
}
