// Restoring: one request after the other, each of which can be stopped.
import {restored} from './api.js';
import {addResult, maskFile} from './items.js';
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

/** Ask for one result; `fields` makes what is sent with the image, or nothing, once the place is taken. */
async function run(item, route, fields, about) {
  if (!item || session.job) return false;
  const stopper = new AbortController();
  const job = {item, route, done: 0, total: 0, isWaiting: false, stop: () => stopper.abort()};
  const format = formatOf(item);
  session.job = job;
  say('');
  try {
    const more = await fields();
    if (!more) return false;
    const answer = await restored(route, {image: [item.blob, item.name], ...more, format}, stopper.signal, (told) => {
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

/** Fill the hole of an image; `seed` is that of a plausible fill. */
export function fill(item = session.current, seed = session.settings.seed) {
  const {fill: kind} = session.settings;
  const told = kind === 'plausible' ? seed : null;
  return run(item, 'inpaint', async () => {
    const mask = await maskFile(item);
    if (!mask) say(t('noHole'), true);
    return mask && {mask: [mask, 'mask.png'], fill: kind, seed: told};
  }, {kind, seed: told});
}

/** One more plausible fill, with a seed that was not used yet. */
export function another() {
  const used = session.current?.results.filter((one) => one.kind === 'plausible').map((one) => one.seed) ?? [];
  return fill(session.current, used.length ? Math.max(...used) + 1 : session.settings.seed);
}

/** Remove the noise of an image. */
export function denoise(item = session.current) {
  const {isAutomatic, sigma, strength} = session.settings;
  return run(item, 'denoise', async () => ({sigma: isAutomatic ? 'auto' : sigma, strength}), {kind: 'denoise', seed: null});
}

/** Fill the holes of all images that have one, and no fill yet. */
export async function fillAll() {
  for (const item of session.items) {
    const isWanted = item.hasHole && !item.results.some((one) => one.kind !== 'denoise');
    if (isWanted && !(await fill(item))) break;
  }
}
