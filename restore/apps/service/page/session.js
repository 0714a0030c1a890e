// What the page knows, and who is told when it changes.

export const session = {
  items: [], current: null, // images, and the one that is worked on
  picture: null, result: null, mask: null, // of the current one: what is drawn, what is shown of its result, its hole
  masks: null, isBarring: false, // {hole, barred}: also what must not be copied, and whether that is painted now
  references: [], // images to copy from as well
  failure: '', // why the current one cannot be shown
  tool: 'brush', size: 0, isSized: false, // the size fits the image until somebody chooses one
  cut: 0, isHeld: false, // held: the original is seen
  settings: {
    fill: 'expected', seed: 0, count: 1, grow: 0, maskMeans: 'hole', maskValues: '', isNoted: true, isErrorWanted: false,
    isAutomatic: true, sigma: 10, strength: 1, format: '', quality: '', ...remembered(),
  },
  job: null, // {item, route, done, total, isWaiting, stop}
  info: null, // of the service
  message: '', isWrong: false,
};

/** What is painted now; null where no image is open. */
export const layer = () => session.masks?.[session.isBarring ? 'barred' : 'hole'] ?? null;

const listeners = new Set();
let isTold = false;

/** Call a function whenever something changes. */
export const onChange = (listener) => { listeners.add(listener); };

/** Something has changed: all are told once, when the present work is done. */
export function changed() {
  if (isTold) return;
  isTold = true;
  queueMicrotask(() => {
    isTold = false;
    for (const listener of listeners) listener();
  });
}

/** Say something in a line. */
export function say(message, isWrong = false) {
  Object.assign(session, {message, isWrong});
  changed();
}

/** Change a setting, and know it the next time. */
export function set(name, value) {
  session.settings[name] = value;
  localStorage.setItem('restore-settings', JSON.stringify(session.settings));
  changed();
}

function remembered() {
  try {
    return JSON.parse(localStorage.getItem('restore-settings')) ?? {};
  } catch {
    return {};
  }
}
