// Keys, and the list of them.
import {h} from './dom.js';
import {resize} from './gestures.js';
import {step} from './items.js';
import {fill} from './jobs.js';
import {movePen, tapPen} from './pen.js';
import {changed, session} from './session.js';
import {compareSideBySide} from './sidebyside.js';
import {fit, redraw, zoom} from './stage.js';
import {end, isPainting} from './strokes.js';
import {t} from './strings.js';
import {bar, edit, TOOL_KEYS, use} from './toolbar.js';

const isWriting = (element) => element.matches('select, input:not([type=range], [type=checkbox], [type=radio])');
const isMoved = (element) => element.matches('input[type=range], input[type=radio]'); // by arrows
const isPressed = (element) => element.matches('button, a, summary'); // by Enter

const KEYS = {
  n: () => step(1), p: () => step(-1), ArrowRight: () => step(1), ArrowLeft: () => step(-1),
  '[': () => resize(1 / 1.2), ']': () => resize(1.2), '+': () => zoom(1.4), '=': () => zoom(1.4), '-': () => zoom(1 / 1.4), 0: fit,
  Delete: () => edit('clear'), Backspace: () => edit('clear'), Enter: () => fill(), '?': () => help(), c: () => hold(true),
  s: () => compareSideBySide(), k: () => bar(!session.isBarring),
  ...Object.fromEntries(Object.entries(TOOL_KEYS).map(([name, key]) => [key, () => use(name)])),
};

const ARROWS = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]};

/** What a key does to the pen, which also goes on while it draws. */
function penOf(key, {ctrlKey, metaKey, shiftKey}) {
  if (ctrlKey || metaKey) return null;
  if (key === 'd') return () => tapPen(shiftKey);
  const way = shiftKey || isPainting() ? ARROWS[key] : null;
  return way && (() => movePen(...way));
}

function hold(isHeld) {
  if (session.isHeld === isHeld) return;
  session.isHeld = isHeld;
  redraw('picture');
  changed();
}

/** Listen to keys; those of fields and buttons stay theirs. */
export function listenToKeys() {
  addEventListener('keydown', (event) => {
    const {target, key} = event;
    if (document.querySelector('dialog[open]')) return;
    if (key === 'Escape') return isPainting() ? end(false) : session.job?.stop();
    if (isWriting(target)) return;
    const isCommand = event.ctrlKey || event.metaKey;
    const name = key.length === 1 ? key.toLowerCase() : key;
    let act = isMoved(target) ? null : penOf(name, event);
    if (isPainting() && !act) return;
    if (isCommand && (name === 'z' || name === 'y')) act = () => edit(name === 'y' || event.shiftKey ? 'redo' : 'undo');
    else if (!isCommand && !event.altKey) act ??= KEYS[name];
    if (!act || (isMoved(target) && key.startsWith('Arrow')) || (isPressed(target) && key === 'Enter')) return;
    event.preventDefault();
    if (event.repeat && ['Enter', 'c', 'd'].includes(name)) return;
    act();
  });
  addEventListener('keyup', (event) => { if (event.key.toLowerCase() === 'c') hold(false); });
  addEventListener('blur', () => hold(false));
}

/** The list of keys. */
export function help() {
  const tools = Object.entries(TOOL_KEYS).map(([name, key]) => [key.toUpperCase(), t(name)]);
  const rows = [
    ['Enter', t('fill')], ['Esc', t('cancel')], ['← →, P N', t('keyArrows')], ['C', t('keyCompare')], ['S', t('sideBySide')], ...tools, ['K', t('keyBar')],
    ['[ ]', t('keySize')], ['Ctrl+Z', t('undo')], ['Ctrl+Shift+Z', t('redo')], ['Delete', t('clear')],
    ['+ − 0', `${t('closer')}, ${t('wider')}, ${t('fit')}`], [t('keyShiftArrows'), t('keyPen')], ['D', t('keyTap')], ['', t('keyWheel')], ['', t('keyPan')], ['', t('keyShift')], ['', t('keyFrom')],
  ];
  const dialog = h('dialog', {className: 'help', 'aria-label': t('help')}, h('h2', {}, t('help')),
    h('table', {}, h('tbody', {}, rows.map(([key, text]) => h('tr', {}, h('th', {}, key ? h('kbd', {}, key) : ''), h('td', {}, text))))),
    h('button', {type: 'button', onclick: () => dialog.close()}, t('close')));
  dialog.onclose = () => dialog.remove();
  document.body.append(dialog);
  dialog.showModal();
}
