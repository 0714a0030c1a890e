// What to do with the image, and what became of it.
import {h} from './dom.js';
import {chosen, save, saveAll} from './files.js';
import {add, open} from './items.js';
import {another, denoise, fill, fillAll} from './jobs.js';
import {about} from './list.js';
import {onChange, session, set} from './session.js';
import {t} from './strings.js';
import {maskButtons} from './toolbar.js';

const button = (name, onclick, className = '') => h('button', {type: 'button', className, onclick, title: name === 'all' ? t('allHint') : ''}, t(name));

function fillPart() {
  const kinds = ['expected', 'plausible'].map((kind) => h('label', {className: 'kind'},
    h('input', {type: 'radio', name: 'fill', value: kind, onchange: () => set('fill', kind)}),
    h('span', {}, h('strong', {}, t(kind)), h('small', {}, t(`${kind}Hint`)))));
  const seed = h('input', {type: 'number', min: 0, max: Number.MAX_SAFE_INTEGER, step: 1, onchange: () => set('seed', Math.max(0, Math.trunc(seed.valueAsNumber) || 0))});
  const seeds = h('label', {}, t('seed'), seed);
  const go = button('fill', () => fill(), 'main');
  const [more, everything] = [button('another', another), button('all', fillAll)];
  onChange(() => {
    const {settings, job, mask, current, items} = session;
    for (const kind of kinds) kind.firstChild.checked = kind.firstChild.value === settings.fill;
    seeds.hidden = settings.fill !== 'plausible';
    if (document.activeElement !== seed) seed.value = settings.seed;
    go.disabled = Boolean(job) || !mask;
    more.hidden = settings.fill !== 'plausible';
    more.disabled = go.disabled || !current?.hasHole;
    everything.hidden = items.length < 2;
    everything.disabled = Boolean(job) || !items.some((item) => item.hasHole);
  });
  return h('fieldset', {}, h('legend', {}, t('fills')), kinds, seeds, h('div', {className: 'row'}, go, more, everything), maskButtons());
}

function noisePart() {
  const slider = (name, max, step) => h('input', {type: 'range', min: 0, max, step, oninput: (event) => set(name, event.target.valueAsNumber)});
  const automatic = h('input', {type: 'checkbox', onchange: () => set('isAutomatic', automatic.checked)});
  const [sigma, strength] = [slider('sigma', 100, 0.5), slider('strength', 1, 0.05)];
  const [sigmaTold, strengthTold] = [h('output', {}), h('output', {})];
  const level = h('label', {}, t('sigma'), sigma, sigmaTold);
  const go = button('denoise', () => denoise());
  onChange(() => {
    const {settings, job, picture} = session;
    automatic.checked = settings.isAutomatic;
    level.hidden = settings.isAutomatic;
    [sigma.value, strength.value] = [settings.sigma, settings.strength];
    sigmaTold.value = settings.sigma;
    strengthTold.value = `${Math.round(100 * settings.strength)} %`;
    go.disabled = Boolean(job) || !picture;
  });
  return h('fieldset', {}, h('legend', {}, t('noise')), h('label', {className: 'check'}, automatic, t('automatic')), level,
    h('label', {}, t('strength'), strength, strengthTold), h('div', {className: 'row'}, go));
}

function resultPart() {
  const format = h('select', {onchange: () => set('format', format.value)},
    ['', 'png', 'tif', 'jpg', 'webp', 'avif'].map((value) => h('option', {value}, value ? value.toUpperCase() : t('sameFormat'))));
  const title = h('strong', {});
  const note = h('p', {className: 'note'});
  const one = button('download', () => { const {blob, name} = chosen(session.current); save(blob, name); });
  const on = button('goOn', async () => { const {blob, name} = chosen(session.current); open(await add(name, blob)); });
  const every = button('downloadAll', saveAll);
  onChange(() => {
    format.value = session.settings.format;
    const result = session.current && chosen(session.current);
    title.textContent = result ? about(result) : '';
    note.replaceChildren(...(result?.note.split(' | ') ?? []).map((line) => h('span', {}, line)));
    one.disabled = on.disabled = !result;
    every.disabled = !session.items.some((item) => item.results.length);
  });
  return h('fieldset', {}, h('legend', {}, t('proposals')), h('label', {}, t('format'), format), title, note, h('div', {className: 'row'}, one, on, every));
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
