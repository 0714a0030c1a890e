// Small helpers: elements and icons.

/** An element with properties, attributes (what holds a dash) and children; texts are never read as HTML. */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name === 'style') for (const [key, text] of Object.entries(value)) element.style.setProperty(key, text);
    else if (name === 'role' || name.includes('-')) element.setAttribute(name, value);
    else element[name] = value;
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

const PATHS = {
  brush: 'M4 20c3 0 5-1 5-4 0-1.500-1.200-2.500-2.500-2.500C4 13.500 5.500 18 4 20zM10 14L19 4l1.500 1.500L12 16',
  eraser: 'M8 20h12M5 15l8-9 6 5-8 9H8zM9 10.500l6 5',
  lasso: 'M12 5c5 0 8 2 8 5s-3 5-8 5-8-2-8-5 3-5 8-5zM7 14c-2 1-2 3 0 3s2 3-1 4',
  box: 'M5 6h14v12H5z',
  hand: 'M12 3v18M3 12h18M12 3L9 6M12 3l3 3M12 21l-3-3M12 21l3-3M3 12l3-3M3 12l3 3M21 12l-3-3M21 12l-3 3',
  from: 'M6 18a2 2 0 1 0 .1 0M18 7a2 2 0 1 0 .1 0M8 18C15 17 16 14 17.500 10M14 12l3.500-2 1.500 4',
  attention: 'M2 12c3-5 6-7 10-7s7 2 10 7c-3 5-6 7-10 7s-7-2-10-7zM12 9a3 3 0 1 0 .1 0',
  undo: 'M9 5L4 10l5 5M4 10h10c4 0 6 2 6 5s-2 5-6 5h-3',
  redo: 'M15 5l5 5-5 5M20 10H10c-4 0-6 2-6 5s2 5 6 5h3',
  clear: 'M5 7h14M9 7V4h6v3M7 7l1 13h8l1-13',
  closer: 'M11 4a7 7 0 1 0 .1 0M16 16l5 5M8 11h6M11 8v6',
  wider: 'M11 4a7 7 0 1 0 .1 0M16 16l5 5M8 11h6',
  fit: 'M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5',
  previous: 'M15 5l-7 7 7 7',
  next: 'M9 5l7 7-7 7',
};

/** A small drawing in the colour of the text around it, which says nothing to a screen reader. */
export function icon(name) {
  const make = (tag, attributes) => {
    const element = document.createElementNS('http://www.w3.org/2000/svg', tag);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    return element;
  };
  const svg = make('svg', {viewBox: '0 0 24 24', class: 'icon', 'aria-hidden': 'true'});
  svg.append(make('path', {d: PATHS[name]}));
  return svg;
}

/** Elements for things by their ids, kept in the order of the things; those that stay are not made anew. */
export function keyed(parent, things, make, update) {
  const old = new Map([...parent.children].map((element) => [element.dataset.id, element]));
  const wanted = things.map((thing) => {
    let element = old.get(thing.id);
    if (!element) {
      element = make(thing);
      element.dataset.id = thing.id;
    }
    update(element, thing);
    return element;
  });
  for (const [id, element] of old) if (!things.some((thing) => thing.id === id)) element.remove();
  wanted.forEach((element, i) => { if (parent.children[i] !== element) parent.insertBefore(element, parent.children[i] ?? null); });
}
