// Files on their way in (dropped, chosen, pasted) and out.
import {h} from './dom.js';
import {add, listed, open} from './items.js';
import {takeMask} from './masks.js';
import {addReferences} from './references.js';
import {chosen} from './results.js';
import {say, session} from './session.js';
import {t} from './strings.js';
import {unique, zipped} from './zip.js';

const MASK = /[_-]mask$/i; // ends the name of a mask whose image is called as it is without

/** A name without its suffix. */
export const saveName = (name) => name.replace(/\.[^.]+$/, '');
const folded = (name) => saveName(name).normalize('NFC').toLowerCase();

/** Add files to the list; what is called the mask of another one becomes its hole. */
export async function addFiles(files) {
  await listed(); // files may come before it is known what there is
  const names = new Set([...files, ...session.items].map(({name}) => folded(name)));
  const isMask = ({name}) => MASK.test(folded(name)) && names.has(folded(name).replace(MASK, ''));
  const isEmpty = session.items.length === 0;
  const images = files.filter((file) => !isMask(file));
  const added = [];
  for (const file of images) added.push(await add(file.name, file));
  for (const file of files.filter(isMask)) {
    const item = session.items.findLast((one) => folded(one.name) === folded(file.name).replace(MASK, ''));
    await open(item);
    session.isBarring = false;
    await takeMask(file.name, file).catch((error) => say(error.message, true));
  }
  if (added.length && (isEmpty || !files.some(isMask))) await open(added[0]);
  if (added.length) say(t('added', {count: added.length}));
}

/** Let somebody choose files. */
export function choose({isMany = false, isFolder = false}) {
  return new Promise((resolve) => {
    const input = h('input', {type: 'file', multiple: isMany, webkitdirectory: isFolder, hidden: true});
    const end = () => { resolve(visible([...input.files])); input.remove(); };
    input.onchange = input.oncancel = end;
    document.body.append(input); // where a test finds it
    input.click();
  });
}

const visible = (files) => files.filter((file) => !file.name.startsWith('.')); // what systems leave in folders

/** All files that were dropped, those in folders too. */
async function dropped(transfer) {
  const entries = [...transfer.items].map((one) => one.webkitGetAsEntry?.()).filter(Boolean);
  if (!entries.length) return [...transfer.files];
  const walk = async (entry) => {
    if (entry.isFile) return [await new Promise((resolve, reject) => { entry.file(resolve, reject); })];
    const [reader, found] = [entry.createReader(), []];
    for (;;) { // a reader gives a hundred at a time
      const some = await new Promise((resolve, reject) => { reader.readEntries(resolve, reject); });
      if (!some.length) break;
      found.push(...some);
    }
    return (await Promise.all(found.map(walk))).flat();
  };
  return visible((await Promise.all(entries.map(walk))).flat());
}

/** Take what is dropped anywhere on the page, or pasted. */
export function listen() {
  const zones = ['dropImages', 'dropMask', 'dropReferences'].map((name) => h('div', {className: `zone ${name}`}, t(name)));
  const veil = h('div', {className: 'veil', hidden: true}, zones);
  document.body.append(veil);
  const isFiles = (event) => [...event.dataTransfer.types].includes('Files');
  addEventListener('dragover', (event) => {
    if (!isFiles(event)) return;
    event.preventDefault();
    veil.hidden = false;
    for (const zone of zones.slice(1)) zone.hidden = !session.mask;
    zones[1].textContent = t(session.isBarring ? 'dropBarred' : 'dropMask');
  });
  addEventListener('dragleave', (event) => { if (!event.relatedTarget) veil.hidden = true; });
  addEventListener('drop', async (event) => {
    if (!isFiles(event)) return;
    event.preventDefault();
    veil.hidden = true;
    const isMask = event.target === zones[1];
    const files = await dropped(event.dataTransfer);
    if (isMask && files.length) await takeMask(files[0].name, files[0]).catch((error) => say(error.message, true));
    else if (event.target === zones[2]) await addReferences(files);
    else await addFiles(files);
  });
  addEventListener('paste', (event) => {
    const files = [...event.clipboardData.files];
    if (files.length) addFiles(files);
  });
}

/** Save a blob under a name. */
export function save(blob, name) {
  const link = h('a', {href: URL.createObjectURL(blob), download: name});
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** Save one result of each image, as a ZIP file. */
export async function saveAll() {
  const results = session.items.map(chosen).filter(Boolean);
  const names = unique(results.map((one) => one.name));
  try {
    save(await zipped(results.map(({blob}, i) => ({blob, name: names[i]}))), 'restored.zip');
  } catch (error) {
    say(error.message, true);
  }
}
