// What the service is asked.

import {t} from './strings.js';

const BASE = new URL('../v1/', import.meta.url);
const OFTEN = 300; // milliseconds between looks at the progress

/** What the page says of the status of an answer, around the service's own line, which is English. */
const REFUSED = {401: 'refusedKey', 413: 'refusedLarge', 422: 'refusedUse', 429: 'refusedBusy', 504: 'refusedTime', 507: 'refusedMemory'};

/** What the service answers with an error: `message` is its one line. */
export class Refusal extends Error {}

async function ask(route, options = {}) {
  const response = await fetch(new URL(route, BASE), {cache: 'no-store', ...options});
  if (response.ok) return response;
  const told = await response.json().catch(() => null);
  const reason = told?.detail ?? `${response.status} ${response.statusText}`;
  throw new Refusal(t(REFUSED[response.status] ?? 'refused', {reason}));
}

function form(fields) {
  const body = new FormData();
  for (const [name, value] of Object.entries(fields)) {
    if (value instanceof Array && value[0] instanceof Array) for (const [blob, called] of value) body.append(name, blob, called);
    else if (value instanceof Array) { if (value.length) body.append(name, value[0], value[1]); } // a blob and what it is called
    else if (value !== '' && value !== null && value !== undefined) body.append(name, value);
  }
  return body;
}

/** What the service is, and what it takes on. */
export const info = async () => (await ask('info')).json();

/** A picture of a file that the browser cannot show, and its true size. */
export async function preview(blob, name, side = 8192) {
  const response = await ask('preview', {method: 'POST', body: form({image: [blob, name], side})});
  const [width, height] = response.headers.get('Restore-Size').split('x').map(Number);
  return {blob: await response.blob(), width, height};
}

/** What a mask file says, as the service reads it: a PNG file, white where the hole is. */
export const maskOf = async (blob, name, fields) => (await ask('mask', {method: 'POST', body: form({mask: [blob, name], ...fields})})).blob();

/** Restore an image: `route` is `inpaint` or `denoise`. `progress` is told {done, total, waiting} now and then. */
export async function restored(route, fields, signal, progress) {
  const name = crypto.getRandomValues(new Uint32Array(4)).join('-'); // randomUUID is not there without TLS
  let isGoing = true;
  const look = async () => {
    while (isGoing) {
      await new Promise((resolve) => { setTimeout(resolve, OFTEN); });
      if (!isGoing) break;
      const told = await ask(`progress/${name}`).then((response) => response.json()).catch(() => null);
      if (told && isGoing) progress(told);
    }
  };
  look();
  try {
    const response = await ask(route, {method: 'POST', body: form(fields), headers: {'Restore-Request': name}, signal});
    return {
      blob: await response.blob(),
      note: said(response.headers.get('Restore-Note')),
      error: JSON.parse(response.headers.get('Restore-Expected-Error')),
      token: response.headers.get('Restore-Result'),
      isUnchanged: response.headers.get('Restore-Unchanged') === 'true',
    };
  } finally {
    isGoing = false;
  }
}

/** Where a pixel of a result was copied from, if it was. */
export const source = async (token, x, y) => (await ask(`results/${token}/source?x=${x}&y=${y}`)).json();

/** The sheet that shows what attention looks at. */
export const attention = async (fields) => (await ask('attention', {method: 'POST', body: form(fields)})).blob();

/** Headers are ASCII: what is not, is written as Python does. */
function said(header) {
  return (header ?? '').replace(/\\(x[0-9a-f]{2}|u[0-9a-f]{4}|U[0-9a-f]{8})/g, (_, code) => String.fromCodePoint(parseInt(code.slice(1), 16)));
}
