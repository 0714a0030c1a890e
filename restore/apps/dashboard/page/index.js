// The tab "Restorations" of the dashboard: runs, what they differ in, their pictures, how each image came out.
import {ask, h} from './dom.js';
import {images} from './images.js';
import {pictures} from './pictures.js';
import {differences, runsTable} from './runs.js';

const REFRESH = 5000; // milliseconds

const state = {
  runs: [], chosen: [], steps: {}, sort: {key: 'age', down: true}, // which runs, and which of them are shown
  key: 'val/panels', step: 0, following: true, part: 'restored', cut: 50, // which pictures; new ones are followed
  imagesOf: null, image: null, imageSort: {key: 'quality', down: false},
};

/** A part of the page that is drawn anew when it is asked to; the last to ask is the one that is seen. */
function section(name, draw) {
  const body = h('div', {className: `body ${name.replaceAll(' ', '-')}`});
  let asked = 0;
  const update = async () => {
    const mine = ++asked;
    let content;
    try {
      content = await draw();
    } catch (error) {
      content = h('p', {className: 'hint'}, `cannot be shown: ${error.message}`);
    }
    if (mine === asked) body.replaceChildren(content);
  };
  return {element: h('section', {}, h('h2', {}, name), body), update};
}

const chosen = () => state.chosen.map((name) => state.runs.find((run) => run.run === name)).filter(Boolean);

/** Learn which steps of the chosen runs there are pictures and figures of; a run that does not tell has none. */
async function askSteps() {
  const entries = chosen().map(async (run) =>
    [run.run, await ask('steps', {run: run.run}).catch(() => ({pictures: {}, images: []}))]);
  state.steps = Object.fromEntries(await Promise.all(entries));
}

let isHeld = false; // something on the page, by a pointer
addEventListener('pointerdown', () => { isHeld = true; });
for (const end of ['pointerup', 'pointercancel', 'contextmenu', 'change', 'blur']) addEventListener(end, () => { isHeld = false; });
addEventListener('pointermove', (event) => { isHeld = event.buttons > 0; }); // some releases are never told of

/** What TensorBoard calls when the tab is opened. */
export async function render() {
  document.head.append(h('link', {rel: 'stylesheet', href: new URL('style.css', import.meta.url).href}));
  const list = section('runs', () => runsTable(state, update));
  const others = [
    section('config differences', () => differences(chosen())),
    section('pictures', () => pictures(state, chosen(), update)),
    section('images', () => images(state, chosen(), update)),
  ];
  const broken = h('p', {className: 'hint'});
  document.body.append(broken, list.element, ...others.map((one) => one.element));
  let drawn = null; // what the sections below the list show
  const refresh = async () => {
    const isFirst = drawn === null;
    try {
      state.runs = (await ask('runs')).runs;
      if (isFirst) state.chosen = state.runs.slice(0, 2).map((run) => run.run);
      await askSteps();
      broken.textContent = state.runs.length ? '' : 'No runs here yet.';
    } catch (error) {
      broken.textContent = `The dashboard does not answer (${error.message}); what is shown may be old.`;
      return;
    }
    if (isHeld) return; // it would be taken out of somebody's hand
    list.update(); // ages go on
    const now = JSON.stringify([state.chosen, state.steps]);
    if (now !== drawn) others.forEach((one) => one.update());
    drawn = now;
  };
  const update = async () => {
    list.update();
    await askSteps();
    drawn = JSON.stringify([state.chosen, state.steps]);
    others.forEach((one) => one.update());
  };
  const follow = async () => {
    if (!document.hidden || drawn === null) await refresh();
    setTimeout(follow, REFRESH);
  };
  await follow();
}
