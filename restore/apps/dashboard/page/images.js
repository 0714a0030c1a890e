// How each image of a validation came out, and how one image did through the runs.
import {address, ask, h, number, sortable, sorted} from './dom.js';
import {colour, title} from './runs.js';

/** A thumbnail out of a sheet of them. */
function thumbnail(run, kept, place) {
  const {tile, columns, sheet} = kept;
  return h('div', {className: 'thumbnail', style: {
    width: `${tile}px`, height: `${tile}px`,
    'background-image': `url("${address('file', {run: run.run, name: sheet})}")`,
    'background-position': `${-tile * (place % columns)}px ${-tile * Math.floor(place / columns)}px`,
  }});
}

/** The table of the images of one run at `state.step`. */
export async function images(state, runs, changed) {
  const run = runs.find((one) => one.run === state.imagesOf) ?? runs[0];
  if (!run) return h('p', {className: 'hint'}, 'Choose a run.');
  const steps = state.steps[run.run]?.images ?? [];
  const step = steps.filter((one) => one <= state.step).at(-1) ?? steps.at(-1);
  if (step === undefined) return h('p', {className: 'hint'}, 'No figures of images yet.');
  const kept = await ask('images', {run: run.run, step});
  const columns = Object.keys(kept.rows[0] ?? {}).filter((key) => key !== 'quality');
  const rows = sorted(kept.rows.map((row, place) => ({...row, place})), state.imageSort,
    (row, key) => (key === 'quality' ? row[key] ?? -Infinity : row[key])); // none: a network that diverged
  const choice = h('label', {}, 'run', h('select', {onchange: (event) => { state.imagesOf = event.target.value; changed(); }},
    runs.map((one) => h('option', {value: one.run, selected: one === run}, title(one)))));
  return h('div', {},
    h('div', {className: 'controls'}, choice, h('span', {}, `step ${step}, ${rows.length} images; a click on one shows its history`)),
    state.image ? await history(state, runs, changed) : null,
    h('div', {className: 'scroll'}, h('table', {className: 'images'},
      h('thead', {}, h('tr', {}, h('th', {}, 'restored'), columns.map((key) => sortable(key, key, state.imageSort, changed)))),
      h('tbody', {}, rows.map((row) => h('tr', {onclick: () => { state.image = row.name; changed(); }},
        h('td', {}, thumbnail(run, kept, row.place)),
        columns.map((key) => h('td', {}, key === 'name' ? h('bdi', {}, row[key]) : number(row[key])))))))));
}

/** One image through the chosen runs: its curve, and what was made of it each time. */
async function history(state, runs, changed) {
  const found = await Promise.all(runs.map((run) => ask('history', {run: run.run, image: state.image})));
  const quality = (entry) => entry.row.quality; // PSNR over the hole where there is one, else over the image
  const close = () => { state.image = null; changed(); };
  return h('div', {className: 'history'},
    h('h3', {}, h('bdi', {}, state.image), ' through the training, PSNR over its hole (of an image without one, over all of it)', h('button', {type: 'button', onclick: close}, 'close')),
    chart(found.map((one) => one.history.map((entry) => [entry.step, quality(entry)]))),
    runs.map((run, i) => h('div', {},
      h('div', {}, h('span', {className: 'dot', style: {background: colour(i)}}), title(run)),
      h('div', {className: 'strip'}, some(found[i].history).map((entry) => h('figure', {}, thumbnail(run, entry, entry.place),
        h('figcaption', {}, `step ${entry.step}`, h('br'), `${number(quality(entry))} dB`)))))));
}

/** At most a dozen of many, evenly: each thumbnail lies in a sheet of its own, which has to be fetched. */
function some(entries, most = 12) {
  if (entries.length <= most) return entries;
  return Array.from({length: most}, (_, i) => entries[Math.round((i * (entries.length - 1)) / (most - 1))]);
}

/** Curves of dB over steps, as SVG. */
function chart(curves) {
  const points = curves.flat().filter(([, y]) => y !== null);
  if (points.length < 2) return null;
  const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)];
  const [left, right, low, high] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  const at = ([x, y]) => `${60 + (320 * (x - left)) / (right - left || 1)},${100 - (80 * (y - low)) / (high - low || 1)}`;
  const svg = (tag, attributes, text) => {
    const element = document.createElementNS('http://www.w3.org/2000/svg', tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    if (text) element.textContent = text;
    return element;
  };
  const picture = svg('svg', {viewBox: '0 0 400 120', class: 'chart'});
  picture.append(svg('text', {x: 55, y: 24, 'text-anchor': 'end'}, `${number(high)} dB`), svg('text', {x: 55, y: 104, 'text-anchor': 'end'}, number(low)),
    svg('text', {x: 60, y: 118}, `step ${left}`), svg('text', {x: 380, y: 118, 'text-anchor': 'end'}, `step ${right}`));
  curves.forEach((curve, i) => picture.append(svg('polyline', {
    points: curve.filter(([, y]) => y !== null).map(at).join(' '), fill: 'none', stroke: colour(i), 'stroke-width': 2})));
  return picture;
}
