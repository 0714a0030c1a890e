// Restoring: one request after the other, each of which can be stopped.
import {restored} from './api.js';
import {maskFile} from './masks.js';
import {addResult} from './results.js';
import {changed, say, session} from './session.js';
import {t} from './strings.js';

const SUFFIXES = /\.[^.]+$/;

/** What a result is called: as the image, but for the suffix of another format. */
function named(item, format) {
  return format ? `${item.name.replace(SUFFIXES, '')}.${format}` : item.name;
}

/** The format to ask for: the one chosen, that of the image, or PNG where that is not written. */
function formatOf(item) {
  const {format} = session.settings;
  const suffix = SUFFIXES.exec(item.name)?.[0].slice(1).toLowerCase() ?? '';
  const isWritten = session.info?.suffixes?.includes(suffix) ?? true;
  return format || (isWritten || !suffix ? '' : 'png');
}

/** Whether a result is written as JPEG, which loses something. */
export const isJpeg = (item) => /\.jpe?g$/i.test(named(item, formatOf(item)));

/** Ask for one result; `fields` makes what is sent with the image, or nothing, once the place is taken. */
async function run(item, route, fields, about) {
  if (!item || session.job) return false;
  const stopper = new AbortController();
  const job = {item, route, done: 0, total: 0, isWaiting: false, stop: () => stopper.abort()};
  const format = formatOf(item);
  const quality = isJpeg(item) ? session.settings.quality : null;
  session.job = job;
  say('');
  try {
    const more = await fields();
    if (!more) return false;
    const answer = await restored(route, {image: [item.blob, item.name], ...more, format, quality}, stopper.signal, (told) => {
      Object.assign(job, {done: told.done, total: told.total, isWaiting: told.waiting});
      changed();
    });
    await addResult(item, {...answer, ...about, name: named(item, format)});
    say(answer.isUnchanged ? t('unchanged') : t('done'));
    return true;
  } catch (error) {
    if (stopper.signal.aborted) say(t('stopped'));
    else say(error instanceof TypeError ? t('noAnswer') : `${item.name}: ${error.message}`, true);
    return false;
  } finally {
    session.job = null;
    changed();
  }
}

/** Ask for one fill of the hole of an image; `seed` is that of a plausible one. */
function fillOnce(item, seed) {
  const {references, settings: {fill: kind, grow, isNoted, isErrorWanted}} = session;
  const isPlausible = kind === 'plausible';
  const about = {kind, seed: isPlausible ? seed : null, like: references.map(({id, name}) => ({id, name}))};
  return run(item, 'inpaint', async () => {
    const mask = await maskFile(item);
    if (!mask) return say(t('noHole'), true);
    const barred = isPlausible && await maskFile(item, 'barred');
    const like = references.map(({blob, name}) => [blob, name]);
    const more = isPlausible && {seed, no_note: !isNoted, not_from: barred ? [barred, 'not_from.png'] : null};
    return {mask: [mask, 'mask.png'], grow_mask: grow, fill: kind, like, expect_error: isErrorWanted, ...more};
  }, about);
}

/** Fill the hole of an image: once, or with as many seeds as are asked for. */
export async function fill(item = session.current, seed = session.settings.seed, count = session.settings.count) {
  const times = session.settings.fill === 'plausible' ? count : 1;
  for (let i = 0; i < times; i++) if (!(await fillOnce(item, seed + i))) return false;
  return true;
}

/** One more plausible fill, with a seed that was not used yet. */
export function another() {
  const used = session.current?.results.filter((one) => one.kind === 'plausible').map((one) => one.seed) ?? [];
  return fill(session.current, used.length ? Math.max(...used) + 1 : session.settings.seed, 1);
}

/** The level of noise that was found last in the current image, from 0 to 255; null if none was looked for. */
export function foundLevel() {
  const found = session.current?.results.findLast((one) => one.kind === 'denoise' && /\bnoise\b/.test(one.note))?.note;
  if (!found) return null;
  return Number(/\bnoise (\d+(?:\.\d+)?)/.exec(found)?.[1] ?? 0);
}

/** Remove the noise of an image. */
export function denoise(item = session.current) {
  const {isAutomatic, sigma, strength} = session.settings;
  return run(item, 'denoise', async () => ({sigma: isAutomatic ? 'auto' : sigma, strength}), {kind: 'denoise', seed: null, like: []});
}

/** Fill the holes of all images that have one, and no fill yet. */
export async function fillAll() {
  for (const item of session.items) {
    const isWanted = item.hasHole && !item.results.some((one) => one.kind !== 'denoise');
    if (isWanted && !(await fill(item))) break;
  }
}
