// What is seldom set: how masks are read and widened, and what a copied fill says of itself.
import {h} from './dom.js';
import {onChange, session, set} from './session.js';
import {t} from './strings.js';

/** A whole number from a field, within its range. */
export function wholeNumber(name, min, max, otherwise = min) {
  const field = h('input', {type: 'number', min, max, step: 1, onchange: () => {
    const value = Math.trunc(field.valueAsNumber);
    set(name, Number.isFinite(value) ? Math.min(max, Math.max(min, value)) : otherwise);
  }});
  onChange(() => { if (document.activeElement !== field || field.value === '') field.value = session.settings[name]; });
  return field;
}

/** The part of the panel that shows it. */
export function advancedPart() {
  const grow = wholeNumber('grow', 0, 1000);
  const means = h('select', {onchange: () => set('maskMeans', means.value)}, ['hole', 'keep'].map((value) => h('option', {value}, t(`means_${value}`))));
  const values = h('input', {type: 'text', inputMode: 'numeric', placeholder: '1,2', onchange: () => set('maskValues', values.value.trim())});
  const noted = h('input', {type: 'checkbox', onchange: () => set('isNoted', noted.checked)});
  const note = h('label', {className: 'check'}, noted, t('noted'));
  onChange(() => {
    const {settings} = session;
    means.value = settings.maskMeans;
    if (document.activeElement !== values) values.value = settings.maskValues;
    noted.checked = settings.isNoted;
    note.hidden = settings.fill !== 'plausible';
  });
  return h('details', {className: 'advanced', 'aria-label': t('advanced')}, h('summary', {}, t('advanced')), h('div', {className: 'body'},
    h('label', {className: 'field'}, t('grow'), grow), h('label', {className: 'field'}, t('maskMeans'), means),
    h('label', {className: 'field'}, t('maskValues'), values), note));
}
