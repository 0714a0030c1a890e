// What survives a reload, in the browser's own database: images as they came, masks, results.

const STORES = ['items', 'masks', 'results', 'references'];
const memory = Object.fromEntries(STORES.map((name) => [name, new Map()])); // where there is no database

let opened = null;

function database() {
  opened ??= new Promise((resolve) => {
    const request = indexedDB.open('restore', 2);
    request.onupgradeneeded = () => {
      const {result: base} = request;
      for (const name of STORES) if (!base.objectStoreNames.contains(name)) base.createObjectStore(name, {keyPath: 'id'});
    };
    request.onsuccess = () => {
      request.result.onversionchange = () => request.result.close(); // a newer page waits for this one
      resolve(request.result);
    };
    request.onblocked = () => resolve(null); // by an older one
    request.onerror = () => resolve(null);
  }).catch(() => null);
  return opened;
}

async function run(name, mode, ask, otherwise) {
  const base = await database();
  if (!base) return otherwise(memory[name]);
  return new Promise((resolve, reject) => {
    const transaction = base.transaction(name, mode);
    const request = ask(transaction.objectStore(name));
    transaction.oncomplete = () => resolve(request.result);
    transaction.onerror = transaction.onabort = () => reject(transaction.error ?? request.error);
  });
}

/** Whether anything is kept at all. */
export const isLasting = async () => Boolean(await database());

/** Keep a thing, which has an id, in the place of the one before. */
export const put = (name, thing) =>
  run(name, 'readwrite', (store) => store.put(thing), (map) => { map.set(thing.id, thing); });

/** The thing of an id, if there is one. */
export const get = (name, id) => run(name, 'readonly', (store) => store.get(id), (map) => map.get(id));

/** All things. */
export const all = (name) => run(name, 'readonly', (store) => store.getAll(), (map) => [...map.values()]);

/** Forget a thing. */
export const drop = (name, id) => run(name, 'readwrite', (store) => store.delete(id), (map) => { map.delete(id); });
