// What to do with the image, and what became of it.
import {advancedPart, wholeNumber} from './advanced.js';
import {h} from './dom.js';
import {save, saveAll} from './files.js';
import {add, open} from './items.js';
import {another, denoise, fill, fillAll, foundLevel, isJpeg} from './jobs.js';
import {about} from './list.js';
import {referencePart} from './references.js';
import {chosen} from './results.js';
import {onChange, session, set} from './session.js';
import {compareSideBySide} from './sidebyside.js';
import {t} from './strings.js';
import {maskButtons} from './toolbar.js';

const button = (name, onclick, className = '') => h('button', {type: 'button', className, onclick, title: name === 'all' ? t('allHint') : ''}, t(name));

function fillPart() {
  const kinds = ['expected', 'plausible'].map((kind) => h('label', {className: 'kind'},
    h('input', {type: 'radio', name: 'fill', value: kind, onchange: () => set('fill', kind)}),
    h('span', {}, h('strong', {}, t(kind)), h('small', {}, t(`${kind}Hint`)))));
  const seeds = h('div', {className: 'row pair'}, h('label', {}, t('seed'), wholeNumber('seed', 0, 2 ** 52)), h('label', {}, t('count'), wholeNumber('count', 1, 8)));
  const wanted = h('input', {type: 'checkbox', onchange: () => set('isErrorWanted', wanted.checked)});
  const errors = h('label', {className: 'check', title: t('errorHint')}, wanted, t('error'));
  const go = button('fill', () => fill(), 'main');
  const [more, everything] = [button('another', another), button('all', fillAll)];
  onChange(() => {
    const {settings, job, mask, current, items} = session;
    for (const kind of kinds) kind.firstChild.checked = kind.firstChild.value === settings.fill;
    wanted.checked = settings.isErrorWanted;
    seeds.hidden = settings.fill !== 'plausible';
    go.disabled = Boolean(job) || !mask;
    more.hidden = settings.fill !== 'plausible';
    more.disabled = go.disabled || !current?.hasHole;
    everything.hidden = items.length < 2;
    everything.disabled = Boolean(job) || !items.some((item) => item.hasHole);
  });
  return h('fieldset', {}, h('legend', {}, t('fills')), kinds, seeds, errors, h('div', {className: 'row'}, go, more, everything), maskButtons(), advancedPart(), referencePart());
}

function noisePart() {
  const automatic = h('input', {type: 'checkbox', onchange: () => set('isAutomatic', automatic.checked)});
  const own = (field) => { // whoever moves it, has a level of their own
    if (Number.isFinite(field.valueAsNumber)) set('sigma', Math.min(255, Math.max(0, field.valueAsNumber)));
    set('isAutomatic', false);
  };
  const sigma = h('input', {type: 'range', min: 0, max: 100, step: 0.5, 'aria-label': t('sigma'), oninput: () => own(sigma)});
  const exact = h('input', {type: 'number', min: 0, max: 255, step: 0.1, 'aria-label': t('sigma'), onchange: () => own(exact)});
  const told = h('p', {className: 'hint found'});
  const strength = h('input', {type: 'range', min: 0, max: 1, step: 0.05, oninput: () => set('strength', strength.valueAsNumber)});
  const strengthTold = h('output', {'aria-live': 'off'}); // the slider says it
  const go = button('denoise', () => denoise());
  onChange(() => {
    const {settings, job, picture} = session;
    const found = foundLevel();
    const level = settings.isAutomatic ? found : settings.sigma;
    automatic.checked = settings.isAutomatic;
    sigma.value = level ?? 0;
    if (document.activeElement !== exact || settings.isAutomatic) exact.value = level ?? '';
    told.textContent = found === null ? t('notLooked') : found ? t('found', {level: found}) : t('foundNone');
    strength.value = settings.strength;
    strengthTold.value = `${Math.round(100 * settings.strength)} %`;
    strength.setAttribute('aria-valuetext', strengthTold.value);
    go.disabled = Boolean(job) || !picture;
  });
  return h('fieldset', {}, h('legend', {}, t('noise')), h('label', {className: 'check'}, automatic, t('automatic')), told,
    h('div', {className: 'slider'}, t('sigma'), sigma, exact), h('label', {className: 'slider'}, t('strength'), strength, strengthTold), h('div', {className: 'row'}, go));
}

/** What is said of the error that is expected of a fill. */
function errorLines(error) {
  if (!error) return [];
  if (error.reason) return [t('errorUntold', error)];
  const told = (name, {expected, low, high}) => t(name, {expected: expected.toFixed(1), low: low.toFixed(1), high: high.toFixed(1)});
  return [told('errorPixels', error.pixels), told('errorSquares', error.squares), t(error.is_cut ? 'errorCut' : 'errorPlaces', error)];
}

function resultPart() {
  const format = h('select', {onchange: () => set('format', format.value)},
    ['', 'png', 'tif', 'jpg', 'webp', 'avif'].map((value) => h('option', {value}, value ? value.toUpperCase() : t('sameFormat'))));
  const quality = h('input', {type: 'number', min: 1, max: 100, step: 1, placeholder: '95', onchange: () => {
    const value = Math.trunc(quality.valueAsNumber);
    set('quality', value >= 1 && value <= 100 ? value : '');
  }});
  const qualities = h('label', {}, t('quality'), quality);
  const title = h('strong', {});
  const note = h('p', {className: 'note'});
  const one = button('download', () => { const {blob, name} = chosen(session.current); save(blob, name); });
  const on = button('goOn', async () => { const {blob, name} = chosen(session.current); open(await add(name, blob)); });
  const sides = button('sideBySide', compareSideBySide);
  const every = button('downloadAll', saveAll);
  onChange(() => {
    format.value = session.settings.format;
    if (document.activeElement !== quality) quality.value = session.settings.quality;
    qualities.hidden = !session.current || !isJpeg(session.current);
    const result = session.current && chosen(session.current);
    title.textContent = result ? about(result) : '';
    note.replaceChildren(...[...errorLines(result?.error), ...(result?.note.split(' | ') ?? [])].map((line) => h('span', {}, line)));
    one.disabled = on.disabled = sides.disabled = !result;
    every.disabled = !session.items.some((item) => item.results.length);
  });
  return h('fieldset', {}, h('legend', {}, t('proposals')), h('label', {}, t('format'), format), qualities, title, note, h('div', {className: 'row'}, one, sides, on, every));
}

/** The line that tells what goes on, aloud too. */
export function status() {
  const bar = h('progress', {max: 1, hidden: true, 'aria-label': t('working')});
  const text = h('span', {className: 'message', role: 'status', 'aria-live': 'polite'});
  const quick = h('button', {type: 'button', className: 'main quick', onclick: () => fill()}, t('fill')); // where the panel is far below
  const cancel = h('button', {type: 'button', hidden: true, onclick: () => session.job?.stop()}, `${t('cancel')} (Esc)`);
  onChange(() => {
    const {job, message, isWrong} = session;
    bar.hidden = cancel.hidden = !job;
    quick.hidden = Boolean(job) || !session.mask;
    if (job?.total) bar.value = job.done / job.total;
    else bar.removeAttribute('value');
    const told = job ? t(job.isWaiting ? 'waiting' : 'working') : message;
    if (text.textContent !== told) text.textContent = told;
    text.classList.toggle('wrong', isWrong && !job);
  });
  return h('div', {className: 'status'}, text, bar, cancel, quick);
}

export const panel = () => h('aside', {className: 'panel'}, fillPart(), noisePart(), resultPart());
