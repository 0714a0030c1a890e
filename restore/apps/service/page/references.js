// Reference images: others of the same things, that are told from and copied from as well.
import {h, keyed} from './dom.js';
import {choose} from './files.js';
import {newId, put} from './keeping.js';
import {card, fillCard} from './list.js';
import {smallPicture} from './pictures.js';
import {changed, onChange, say, session} from './session.js';
import * as store from './store.js';
import {t} from './strings.js';

/** Those that there were when the page was left. */
export async function loadReferences() {
  const kept = await store.all('references');
  session.references = [...kept.sort((a, b) => a.order - b.order), ...session.references];
  changed();
}

/** Use files as well. */
export async function addReferences(files) {
  for (const file of files) {
    const order = (session.references.at(-1)?.order ?? 0) + 1;
    const one = {id: newId(), name: file.name, blob: file, order};
    session.references = [...session.references, one];
    await put('references', one);
  }
  if (files.length) say(t('referencesAdded', {count: files.length}));
}

function remove(one) {
  session.references = session.references.filter((other) => other !== one);
  store.drop('references', one.id);
  changed();
}

/** The part of the panel that shows them. */
export function referencePart() {
  const list = h('ul', {className: 'cards'});
  const add = h('button', {type: 'button', onclick: async () => addReferences(await choose({isMany: true}))}, t('addReferences'));
  const part = h('details', {className: 'references', 'aria-label': t('references')}, h('summary', {}, t('references'), ' ', h('span', {className: 'count'})),
    h('div', {className: 'body'}, h('p', {className: 'hint'}, t('referencesHint')), list, h('div', {className: 'row'}, add)));
  onChange(() => {
    const {references} = session;
    part.querySelector('.count').textContent = references.length ? `(${references.length})` : '';
    list.hidden = !references.length;
    keyed(list, references, (one) => card(one, null, remove), (element, one) => fillCard(element, {
      id: one.id, name: one.name, isChosen: false, state: '', make: () => smallPicture(one.blob, one.name),
    }));
  });
  return part;
}
