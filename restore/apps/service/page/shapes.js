// Shapes as rows of pixels: each calls `row(y, from, to)` for the pixels from <= x < to whose middles lie inside.

/** A disc that is moved along a line, as a brush leaves it; at least one pixel. */
export function stroke(a, b, radius, row) {
  const r = Math.max(radius, 0.5);
  const length = Math.hypot(b.x - a.x, b.y - a.y);
  const side = length ? {x: (-(b.y - a.y) / length) * r, y: ((b.x - a.x) / length) * r} : {x: 0, y: 0};
  const corners = [[a.x + side.x, a.y + side.y], [b.x + side.x, b.y + side.y], [b.x - side.x, b.y - side.y], [a.x - side.x, a.y - side.y]];
  for (let y = Math.floor(Math.min(a.y, b.y) - r); y <= Math.ceil(Math.max(a.y, b.y) + r); y++) {
    const middle = y + 0.5;
    let [left, right] = [Infinity, -Infinity];
    const meet = (x0, x1) => { left = Math.min(left, x0); right = Math.max(right, x1); };
    for (const end of [a, b]) {
      const high = r * r - (middle - end.y) ** 2;
      if (high >= 0) meet(end.x - Math.sqrt(high), end.x + Math.sqrt(high));
    }
    for (let i = 0; i < 4; i++) {
      const [[x0, y0], [x1, y1]] = [corners[i], corners[(i + 1) % 4]];
      if ((y0 <= middle) !== (y1 <= middle)) {
        const x = x0 + ((middle - y0) / (y1 - y0)) * (x1 - x0);
        meet(x, x);
      }
    }
    if (left <= right) row(y, Math.round(left), Math.max(Math.round(right), Math.floor(left) + 1));
  }
}

/** What a closed line goes around; where it crosses itself, what is inside twice is outside. */
export function polygon(points, row) {
  const ys = points.map((point) => point.y);
  for (let y = Math.floor(Math.min(...ys)); y <= Math.ceil(Math.max(...ys)); y++) {
    const middle = y + 0.5;
    const crossings = [];
    points.forEach((a, i) => {
      const b = points[(i + 1) % points.length];
      if ((a.y <= middle) !== (b.y <= middle)) crossings.push(a.x + ((middle - a.y) / (b.y - a.y)) * (b.x - a.x));
    });
    crossings.sort((one, other) => one - other);
    for (let i = 0; i + 1 < crossings.length; i += 2) row(y, Math.round(crossings[i]), Math.round(crossings[i + 1]));
  }
}

/** A rectangle between two corners. */
export function box(a, b, row) {
  const [left, right] = [Math.round(Math.min(a.x, b.x)), Math.round(Math.max(a.x, b.x))];
  for (let y = Math.round(Math.min(a.y, b.y)); y < Math.round(Math.max(a.y, b.y)); y++) row(y, left, right);
}

/** The borders of some points, widened. */
export function bounds(points, by = 0) {
  const [xs, ys] = [points.map((point) => point.x), points.map((point) => point.y)];
  return {
    left: Math.floor(Math.min(...xs) - by) - 1, right: Math.ceil(Math.max(...xs) + by) + 1,
    top: Math.floor(Math.min(...ys) - by) - 1, bottom: Math.ceil(Math.max(...ys) + by) + 1,
  };
}
