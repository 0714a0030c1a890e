// Pictures through the training: a row for each image, a column for each run, before and after under a slider.
import {address, ask, h} from './dom.js';
import {colour, title} from './runs.js';

/** One picture of parts side by side as two of them, one over the other, with a slider between. */
function comparison(run, picture, part, cut) {
  const source = address('file', {run: run.run, name: picture.file});
  const parts = picture.parts?.length ? picture.parts : [''];
  const tile = h('div', {className: 'tile'});
  const size = new Image();
  size.onload = () => tile.style.setProperty('aspect-ratio', `${size.width / parts.length} / ${size.height}`);
  size.src = source;
  const layer = (index, name) => h('div', {className: `layer ${name}`, style: {
    'background-image': `url("${source}")`,
    'background-size': `${100 * parts.length}% 100%`,
    'background-position': `${parts.length > 1 ? (100 * index) / (parts.length - 1) : 0}% 0`,
  }});
  if (parts.length < 2) {
    tile.append(layer(0, 'after'));
    return h('figure', {className: 'wide'}, tile, h('figcaption', {}, picture.caption));
  }
  const slider = h('input', {type: 'range', min: 0, max: 100, value: cut, className: 'cut',
    'aria-label': `${parts[0]} or ${part}`, oninput: () => tile.style.setProperty('--cut', `${slider.value}%`)});
  tile.style.setProperty('--cut', `${cut}%`);
  tile.append(layer(Math.max(1, parts.indexOf(part)), 'after'), layer(0, 'before'), slider);
  return h('figure', {}, tile, h('figcaption', {}, picture.caption));
}

/** The controls and the pictures, for `state.chosen` at `state.step`. */
export async function pictures(state, runs, changed) {
  if (!runs.length) return h('p', {className: 'hint'}, 'Choose a run.');
  const steps = runs.map((run) => state.steps[run.run] ?? {pictures: {}, images: []});
  const keys = [...new Set(steps.flatMap((one) => Object.keys(one.pictures)))].sort();
  if (!keys.length) return h('p', {className: 'hint'}, 'No pictures yet.');
  if (!keys.includes(state.key)) state.key = keys[0];
  const all = [...new Set(steps.flatMap((one) => [...(one.pictures[state.key] ?? []), ...one.images]))].sort((a, b) => a - b);
  if (state.following || !all.includes(state.step)) state.step = all.at(-1);
  const latest = steps.map((one) => (one.pictures[state.key] ?? []).filter((step) => step <= state.step).at(-1));
  const found = await Promise.all(runs.map((run, i) =>
    latest[i] === undefined ? {pictures: []} : ask('pictures', {run: run.run, key: state.key, step: latest[i]})));
  const parts = [...new Set(found.flatMap((one) => one.pictures.flatMap((picture) => picture.parts ?? [])))].slice(1);
  if (parts.length && !parts.includes(state.part)) state.part = parts[0];

  const choose = (event, name) => { state[name] = event.target.value; changed(); };
  const select = (label, name, values) => h('label', {}, label,
    h('select', {onchange: (event) => choose(event, name), className: name},
      values.map((value) => h('option', {value, selected: value === state[name]}, value))));
  const slide = (event) => {
    state.step = all[event.target.value];
    state.following = Number(event.target.value) === all.length - 1;
    changed();
  };
  const cutAll = (event) => {
    state.cut = event.target.value;
    for (const tile of document.querySelectorAll('.tile')) {
      tile.style.setProperty('--cut', `${state.cut}%`);
      const slider = tile.querySelector('.cut');
      if (slider) slider.value = state.cut;
    }
  };
  const controls = h('div', {className: 'controls'},
    select('pictures', 'key', keys),
    h('label', {}, `step ${state.step}`,
      h('input', {type: 'range', className: 'steps', min: 0, max: all.length - 1, value: all.indexOf(state.step), onchange: slide})),
    parts.length ? select('beside degraded', 'part', parts) : null,
    parts.length ? h('label', {}, 'before / after', h('input', {type: 'range', className: 'cut-all', min: 0, max: 100,
      value: state.cut, oninput: cutAll})) : null);

  const names = [...new Set(found.flatMap((one) => one.pictures.map((picture) => picture.name)))];
  const cell = (run, i, name) => {
    const picture = found[i].pictures.find((one) => one.name === name);
    return h('td', {}, picture ? comparison(run, picture, state.part, state.cut) : h('span', {className: 'hint'}, '–'));
  };
  const head = runs.map((run, i) => h('th', {}, h('span', {className: 'dot', style: {background: colour(i)}}),
    `${title(run)}, step ${latest[i] ?? '–'}`));
  return h('div', {}, controls, h('table', {className: 'pictures'},
    h('thead', {}, h('tr', {}, h('th', {}, 'image'), head)),
    h('tbody', {}, names.map((name) => h('tr', {}, h('td', {className: 'name'}, h('bdi', {}, name)), runs.map((run, i) => cell(run, i, name)))))));
}
