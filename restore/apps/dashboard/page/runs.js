// Which runs there are: state, age, and the best value of each metric; what their configs differ in.
import {ask, duration, h, number, sortable, sorted} from './dom.js';

const COLOURS = ['#2a6fdb', '#d9480f', '#2b8a3e', '#9c36b5', '#b08900', '#0b7285'];

export function colour(index) {
  return COLOURS[index % COLOURS.length];
}

/** What a run is called: by its user, else by the name of its folder. */
export function title(run) {
  return run.name || run.id || run.run;
}

const metric = (run, key) => run.metrics?.[key]?.best ?? run.metrics?.[key]?.last;

function value(run, key) {
  if (key === 'run') return title(run);
  if (key === 'state') return run.state;
  if (key === 'age') return run.started;
  if (key === 'step') return run.step;
  return metric(run, key);
}

/** The table of runs; a click on a heading sorts, one on a row chooses. */
export function runsTable(state, changed) {
  const metrics = [...new Set(state.runs.flatMap((run) => Object.keys(run.metrics ?? {})))];
  const order = (key) => `${['val', 'robustness', 'train', 'speed'].indexOf(key.split('/')[0])}`.replace('-1', '9');
  metrics.sort((a, b) => order(a).localeCompare(order(b)) || a.localeCompare(b));
  const now = Date.now() / 1000;
  const head = ['run', 'state', 'age', 'step', ...metrics].map((key) => sortable(key, key, state.sort, changed));
  const rows = sorted(state.runs, state.sort, value).map((run) => {
    const place = state.chosen.indexOf(run.run);
    const click = () => {
      state.chosen = place < 0 ? [...state.chosen, run.run] : state.chosen.filter((name) => name !== run.run);
      changed();
    };
    const box = h('input', {type: 'checkbox', checked: place >= 0, 'aria-label': `show ${title(run)}`});
    const dot = h('span', {className: 'dot', style: {background: place < 0 ? 'transparent' : colour(place)}});
    return h('tr', {onclick: click, className: place < 0 ? '' : 'chosen', 'data-run': run.run},
      h('td', {title: run.run}, box, dot, title(run), run.name ? h('span', {className: 'hint'}, ` ${run.id}`) : null),
      h('td', {className: `state ${run.state}`, title: run.reason ?? ''}, run.state === 'silent' ? `silent for ${duration(now - run.seen)}` : run.state),
      h('td', {title: new Date(run.started * 1000).toLocaleString()}, duration(now - run.started)),
      h('td', {}, number(run.step)),
      metrics.map((key) => h('td', {title: bestStep(run, key)}, number(metric(run, key)))));
  });
  return h('table', {className: 'runs'}, h('thead', {}, h('tr', {}, head)), h('tbody', {}, rows));
}

function bestStep(run, key) {
  const known = run.metrics?.[key];
  if (!known) return '';
  return known.best === undefined ? 'the last' : `best, after step ${known.best_step}; the last: ${number(known.last)}`;
}

/** What the configs of the chosen runs differ in. */
export async function differences(runs) {
  if (runs.length < 2) return h('p', {className: 'hint'}, 'Choose two runs or more to see what their configs differ in.');
  const settings = await Promise.all(runs.map((run) => ask('config', {run: run.run})));
  const keys = [...new Set(settings.flatMap((one) => Object.keys(one.settings)))].sort()
    .filter((key) => !key.startsWith('trainer.logger')); // what runs are called, not what they do
  const text = (one, key) => (key in one.settings ? JSON.stringify(one.settings[key]) : 'not set');
  const differing = keys.filter((key) => new Set(settings.map((one) => text(one, key))).size > 1);
  if (!differing.length) return h('p', {className: 'hint'}, 'Their configs are the same.');
  return h('table', {className: 'differences'},
    h('thead', {}, h('tr', {}, h('th', {}, 'setting'), runs.map((run) => h('th', {}, title(run))))),
    h('tbody', {}, differing.map((key) =>
      h('tr', {}, h('td', {}, key), settings.map((one) => h('td', {}, text(one, key)))))));
}
