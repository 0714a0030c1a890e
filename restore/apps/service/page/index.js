// The page: paint what is to be filled, restore, compare, save.
import {h} from './dom.js';
import {addFiles, choose, listen} from './files.js';
import {load} from './items.js';
import {help, listenToKeys} from './keys.js';
import {imageList, proposals} from './list.js';
import {saveMask} from './masks.js';
import {panel, status} from './panel.js';
import {loadReferences} from './references.js';
import {changed, onChange, say, session} from './session.js';
import {element as stage, redraw} from './stage.js';
import {isLasting} from './store.js';
import {language, switchLanguage, t} from './strings.js';
import {toolbar} from './toolbar.js';

const THEMES = ['themeSystem', 'light', 'dark'];

function theme() {
  const choice = h('select', {'aria-label': t('theme'), onchange: () => {
    localStorage.setItem('restore-theme', choice.value);
    apply();
  }}, THEMES.map((name) => h('option', {value: name}, t(name))));
  const apply = () => { document.documentElement.dataset.theme = choice.value; };
  const known = localStorage.getItem('restore-theme');
  choice.value = THEMES.includes(known) ? known : THEMES[0];
  apply();
  return choice;
}

function header() {
  const addChosen = (asked) => async () => addFiles(await choose(asked));
  const speak = async () => { // what was painted is kept, and comes back in the other language
    await saveMask();
    switchLanguage();
    location.reload();
  };
  return h('header', {}, h('h1', {}, 'restore'),
    h('button', {type: 'button', className: 'main add', onclick: addChosen({isMany: true})}, t('add')),
    h('button', {type: 'button', className: 'folder', onclick: addChosen({isMany: true, isFolder: true})}, t('addFolder')),
    h('span', {className: 'space'}), theme(),
    h('button', {type: 'button', className: 'language', lang: language() === 'en' ? 'ja' : 'en', onclick: speak}, t('language')),
    h('button', {type: 'button', className: 'keys', title: t('help'), 'aria-label': t('help'), 'aria-keyshortcuts': '?', onclick: help}, '?'));
}

function compare() {
  const slider = h('input', {type: 'range', min: 0, max: 1000, value: 0, className: 'cut', 'aria-label': t('compare'), title: t('compare'),
    oninput: () => { session.cut = slider.value / 1000; redraw('picture'); }});
  onChange(() => { slider.hidden = !session.result; });
  return slider;
}

function empty() {
  const text = h('p', {className: 'empty'});
  onChange(() => {
    const {current, failure, picture} = session;
    text.hidden = Boolean(picture);
    text.textContent = !current ? t('drop') : failure ? `${current.name}: ${failure}` : t('opening');
  });
  return text;
}

function start() {
  if (new URLSearchParams(location.search).has('key')) history.replaceState(null, '', location.pathname); // it is in a cookie now
  document.documentElement.lang = language();
  stage.setAttribute('aria-label', t('stage'));
  stage.append(empty());
  document.body.append(header(), h('main', {}, imageList(),
    h('section', {className: 'work'}, toolbar(), stage, compare(), proposals(), status()), panel()));
  onChange(() => redraw());
  listen();
  listenToKeys();
  addEventListener('visibilitychange', () => { if (document.hidden) saveMask(); });
  changed();
  loadReferences().catch((error) => say(error.message, true));
  load().catch((error) => say(error.message, true));
  isLasting().then((is) => { if (!is) say(t('notLasting'), true); });
}

start();
