// ZIP files in which everything lies as it is.

const TABLE = Uint32Array.from({length: 256}, (_, n) => {
  for (let bit = 0; bit < 8; bit++) n = n & 1 ? (n >>> 1) ^ 0xedb88320 : n >>> 1;
  return n;
});

/** The sum by which ZIP and PNG tell broken bytes. */
export function crc32(bytes) {
  let sum = ~0;
  for (let i = 0; i < bytes.length; i++) sum = (sum >>> 8) ^ TABLE[(sum ^ bytes[i]) & 255];
  return ~sum >>> 0;
}

/** A ZIP file of files, each a name and a blob; names are UTF-8. More than 4 GB are refused. */
export async function zipped(files, now = new Date()) {
  const time = (now.getHours() << 11) | (now.getMinutes() << 5) | (now.getSeconds() >> 1);
  const date = ((now.getFullYear() - 1980) << 9) | ((now.getMonth() + 1) << 5) | now.getDate();
  const [parts, entries] = [[], []];
  let offset = 0;
  for (const {name, blob} of files) {
    const letters = new TextEncoder().encode(name);
    const sum = crc32(new Uint8Array(await blob.arrayBuffer()));
    const common = [[2, 20], [2, 0x0800], [2, 0], [2, time], [2, date], [4, sum], [4, blob.size], [4, blob.size], [2, letters.length], [2, 0]];
    entries.push(record([4, 0x02014b50], [2, 20], ...common, [2, 0], [2, 0], [2, 0], [4, 0], [4, offset]), letters);
    const head = record([4, 0x04034b50], ...common);
    parts.push(head, letters, blob);
    offset += head.length + letters.length + blob.size;
  }
  if (offset >= 2 ** 32 || files.length >= 2 ** 16) throw new RangeError('more than a ZIP file holds');
  const length = entries.reduce((sum, bytes) => sum + bytes.length, 0);
  const count = files.length;
  const end = record([4, 0x06054b50], [2, 0], [2, 0], [2, count], [2, count], [4, length], [4, offset], [2, 0]);
  return new Blob([...parts, ...entries, end], {type: 'application/zip'});
}

/** Names of which no two are the same, as ` (2)` is put before the suffix. */
export function unique(names) {
  const taken = new Set();
  return names.map((name) => {
    const [, stem, suffix] = /^(.*?)(\.[^.]*)?$/s.exec(name);
    let one = name;
    for (let i = 2; taken.has(one.toLowerCase()); i++) one = `${stem} (${i})${suffix ?? ''}`;
    taken.add(one.toLowerCase());
    return one;
  });
}

/** Numbers, each with how many bytes it takes, the lowest first. */
function record(...fields) {
  const view = new DataView(new ArrayBuffer(fields.reduce((sum, [size]) => sum + size, 0)));
  let at = 0;
  for (const [size, value] of fields) {
    if (size === 2) view.setUint16(at, value, true);
    else view.setUint32(at, value, true);
    at += size;
  }
  return new Uint8Array(view.buffer);
}
