// The tools beside the picture.
import {h, icon} from './dom.js';
import {resize} from './gestures.js';
import {choose, save, saveName} from './files.js';
import {invert, maskFile, saveMask, takeAlpha, takeMask} from './masks.js';
import {show} from './results.js';
import {changed, layer, onChange, say, session} from './session.js';
import {fit, marks, redraw, zoom} from './stage.js';
import {end, isPainting} from './strokes.js';
import {t} from './strings.js';
import {isRound, TOOLS} from './tools.js';

/** Their keys. */
export const TOOL_KEYS = {brush: 'b', eraser: 'e', lasso: 'l', box: 'r', hand: 'v', from: 'i', attention: 'a'};

/** A button that shows an icon, and says what it does and by which key. */
function button(name, keys, onclick) {
  return h('button', {type: 'button', className: 'tool', onclick, title: keys ? `${t(name)} (${keys})` : t(name),
    'aria-label': t(name), 'aria-keyshortcuts': keys}, icon(name));
}

/** Use a tool from now on. */
export function use(name) {
  session.tool = name;
  marks.source = null;
  redraw('marks');
  changed();
}

/** Paint what must not be copied, or else the hole. */
export function bar(isBarring) {
  session.isBarring = isBarring;
  say(t(isBarring ? 'barring' : 'holing'));
}

/** The colours to paint with. */
function colours() {
  const choices = [['hole', false], ['barred', true]].map(([name, isBarring]) => h('button', {type: 'button', className: `colour ${name}`,
    title: t(`${name}Hint`), 'aria-label': t(`${name}Hint`), 'aria-keyshortcuts': 'K', onclick: () => bar(isBarring)}, h('span', {className: 'dot'}), t(name)));
  onChange(() => choices.forEach((one, i) => one.setAttribute('aria-pressed', session.isBarring === Boolean(i))));
  return h('span', {className: 'colours'}, choices);
}

/** Change what is painted, or go back: `undo`, `redo` or `clear`. */
export function edit(name) {
  const mask = layer();
  if (!mask) return;
  if (isPainting()) end();
  if (name === 'clear') mask.replace(new Uint8Array(mask.data.length));
  else mask[name]();
  if (session.result) show('');
  redraw('hole');
  saveMask();
  changed();
}

export function toolbar() {
  const tools = Object.keys(TOOLS).map((name) => button(name, TOOL_KEYS[name], () => use(name)));
  const [undo, redo, clear] = [['undo', 'Control+Z'], ['redo', 'Control+Shift+Z'], ['clear', 'Delete']].map(([name, keys]) => button(name, keys, () => edit(name)));
  const size = h('input', {type: 'range', min: 0, max: 100, step: 'any', 'aria-label': t('size'),
    oninput: () => resize(Math.exp((size.value / 100) * Math.log(1000)) / session.size)});
  const told = h('output', {'aria-live': 'off'}); // the slider says it
  const sizes = h('label', {className: 'size'}, t('size'), size, told);
  const views = [button('closer', '+', () => zoom(1.4)), button('wider', '-', () => zoom(1 / 1.4)), button('fit', '0', fit)];
  const row = h('div', {className: 'toolbar', role: 'group', 'aria-label': t('tools')},
    tools, h('span', {className: 'gap'}), colours(), h('span', {className: 'gap'}), undo, redo, clear, h('span', {className: 'gap'}), views, sizes);
  onChange(() => {
    Object.keys(TOOLS).forEach((name, i) => tools[i].setAttribute('aria-pressed', session.tool === name));
    undo.disabled = !layer()?.past.length;
    redo.disabled = !layer()?.future.length;
    clear.disabled = !session.mask;
    sizes.hidden = !isRound(session.tool) || !session.size;
    size.value = (100 * Math.log(session.size)) / Math.log(1000);
    told.value = `${session.size.toPrecision(session.size < 100 ? 2 : 3)} px`;
    size.setAttribute('aria-valuetext', told.value);
  });
  return row;
}

/** Other ways to a hole, and its way out. */
export function maskButtons() {
  const take = async () => { for (const file of await choose({})) await takeMask(file.name, file).catch((error) => say(error.message, true)); };
  const store = async () => {
    const mask = await maskFile(session.current, session.isBarring ? 'barred' : 'hole');
    const suffix = session.isBarring ? 'not_from' : 'mask';
    if (mask) save(mask, `${saveName(session.current.name)}_${suffix}.png`);
    else say(t(session.isBarring ? 'noBarred' : 'noHole'), true);
  };
  const buttons = [['mask', take], ['alpha', takeAlpha], ['invert', invert], ['saveMask', store]].map(([name, onclick]) => h('button', {type: 'button', onclick}, t(name)));
  onChange(() => { for (const one of buttons) one.disabled = !session.mask; });
  return h('div', {className: 'row'}, buttons);
}
