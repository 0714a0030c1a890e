// Small helpers: elements, requests, numbers in words.

/** An element with properties, attributes (what holds a dash) and children; texts are never read as HTML. */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name === 'style') for (const [key, text] of Object.entries(value)) element.style.setProperty(key, text);
    else if (name.includes('-')) element.setAttribute(name, value);
    else element[name] = value;
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

const BASE = new URL('../', import.meta.url); // of the plugin's routes

/** The address of a route with what is asked of it. */
export function address(route, asked = {}) {
  return `${new URL(route, BASE)}?${new URLSearchParams(asked)}`;
}

/** What a route answers. */
export async function ask(route, asked = {}) {
  const response = await fetch(address(route, asked), {cache: 'no-store'});
  if (!response.ok) throw new Error(`${route}: ${response.status}`);
  return response.json();
}

/** A figure with four digits; a dash where there is none. */
export function number(value) {
  if (value === null || value === undefined) return '–';
  if (Number.isInteger(value) || Math.abs(value) >= 1000) return Math.round(value).toLocaleString('en');
  return value.toPrecision(4);
}

/** Seconds, in the largest unit that fits. */
export function duration(seconds) {
  const units = [['d', 86400], ['h', 3600], ['min', 60], ['s', 1]];
  const [unit, size] = units.find(([, size]) => seconds >= size) ?? units.at(-1);
  return `${Math.floor(seconds / size)} ${unit}`;
}

/** A cell of a header that sorts by its column when it is clicked. */
export function sortable(text, key, sort, changed) {
  const arrow = sort.key === key ? (sort.down ? ' ▼' : ' ▲') : '';
  const click = () => {
    sort.down = sort.key === key ? !sort.down : !/^(run|name)$|loss|drop|wait|memory/.test(key); // the better ones first
    sort.key = key;
    changed();
  };
  return h('th', {}, h('button', {type: 'button', onclick: click}, text + arrow));
}

/** Rows by the value of a column; those without one come last. */
export function sorted(rows, sort, value) {
  const missing = (x) => x === null || x === undefined;
  return [...rows].sort((a, b) => {
    const [x, y] = [value(a, sort.key), value(b, sort.key)];
    if (missing(x) || missing(y)) return missing(x) - missing(y);
    return (x < y ? -1 : x > y ? 1 : 0) * (sort.down ? -1 : 1);
  });
}
