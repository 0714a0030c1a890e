// The images, and the results of the one that is worked on: both as rows of small pictures.
import {h, icon, keyed} from './dom.js';
import {open, remove, step, thumbOf} from './items.js';
import {smallPicture} from './pictures.js';
import {removeResult, show} from './results.js';
import {onChange, session} from './session.js';
import {t} from './strings.js';

const urls = new Map(); // id -> address of its small picture, for as long as the page is open

function small(id, make) {
  if (!urls.has(id)) urls.set(id, make().then((blob) => (blob ? URL.createObjectURL(blob) : '')).catch(() => ''));
  return urls.get(id);
}

/** A small picture with a name: to be clicked, or only to be seen; and to be removed. */
export function card(thing, click, drop) {
  const image = h('img', {alt: '', className: 'small', draggable: false});
  const parts = [image, h('span', {className: 'name'})];
  const choice = click ? h('button', {type: 'button', className: 'choice', onclick: () => click(thing)}, parts) : h('div', {className: 'choice'}, parts);
  const cross = h('button', {type: 'button', className: 'cross', onclick: () => drop(thing)}, '×');
  return h('li', {className: 'card'}, choice, ...(drop ? [cross] : []));
}

/** Say in a card what there is to say. */
export function fillCard(element, {id, name, isChosen, state, make}) {
  const [choice, cross] = element.children;
  if (choice.matches('button')) choice.setAttribute('aria-current', isChosen);
  choice.title = name;
  choice.querySelector('.name').replaceChildren(h('bdi', {}, name), ...(state ? [h('span', {className: 'state'}, state)] : []));
  cross?.setAttribute('aria-label', t('remove', {name}));
  const image = choice.querySelector('img');
  if (!image.src) small(id, make).then((url) => { if (url) image.src = url; });
  if (isChosen && element.dataset.chosen !== 'true') element.scrollIntoView({block: 'nearest', inline: 'nearest'});
  element.dataset.chosen = isChosen;
}

export function imageList() {
  const list = h('ul', {className: 'cards'});
  const drop = (item) => { if (!(item.hasHole || item.results.length) || confirm(t('removeAll', {name: item.name}))) remove(item); };
  const count = h('span', {className: 'count'});
  const move = (name, by) => h('button', {type: 'button', className: 'tool', title: t(name), 'aria-label': t(name), onclick: () => step(by)}, icon(name));
  const section = h('nav', {className: 'images', 'aria-label': t('images')}, h('div', {className: 'row'}, move('previous', -1), count, move('next', 1)), list);
  onChange(() => {
    const {items, current} = session;
    section.hidden = !items.length;
    count.textContent = `${items.indexOf(current) + 1} / ${items.length}`;
    keyed(list, items, (item) => card(item, open, drop), (element, item) => fillCard(element, {
      id: item.id, name: item.name, isChosen: item === current, make: () => thumbOf(item),
      state: item.results.length ? t('restored') : item.hasHole ? t('hasHole') : '',
    }));
  });
  return section;
}

const kindOf = ({kind}) => t(kind === 'denoise' ? 'denoised' : kind);

/** What a result is. */
export const about = (result) => kindOf(result) + (result.kind === 'plausible' ? ` (${t('copied', {seed: result.seed})})` : '');

export function proposals() {
  const list = h('ul', {className: 'cards'});
  const section = h('section', {className: 'proposals', 'aria-label': t('proposals')}, list);
  let owner = null; // removing the original is for the list of images
  onChange(() => {
    const item = session.current;
    section.hidden = !item?.results.length;
    if (section.hidden) return;
    if (owner !== item) list.replaceChildren();
    owner = item;
    const shown = [{id: `${item.id}-original`, original: true}, ...item.results];
    keyed(list, shown, (one) => card(one, () => show(one.original ? '' : one.id), one.original ? null : removeResult), (element, one) => fillCard(element, {
      id: one.id, name: one.original ? t('original') : kindOf(one), isChosen: one.original ? !item.shown : item.shown === one.id,
      state: one.kind === 'plausible' ? t('copied', {seed: one.seed}) : '', make: () => (one.original ? thumbOf(item) : smallPicture(one.blob, one.name)),
    }));
  });
  return section;
}
