// What a pointer does to the hole: each tool is told where it begins, where it goes and when it is done.
import {bounds, box, polygon, stroke} from './shapes.js';

const brush = (value) => ({
  begin(mask, point, {size}) {
    this.last = point;
    this.draw(mask, point, size, value);
  },
  move(mask, points, {size}) {
    for (const point of points) this.draw(mask, point, size, value);
  },
  draw(mask, point, size, to) {
    const [a, b] = [this.last, point];
    mask.paint(this.isErasing ? 0 : to, bounds([a, b], size / 2), (row) => stroke(a, b, size / 2, row));
    this.last = point;
  },
  end() {},
  outline: () => null,
});

const lasso = () => ({
  begin(_, point) { this.points = [point]; },
  move(_, points) { this.points.push(...points); },
  end(mask) {
    mask.paint(this.isErasing ? 0 : 1, bounds(this.points), (row) => polygon(this.points, row));
  },
  outline() { return this.points; },
});

const rectangle = () => ({
  begin(_, point) { this.a = this.b = point; },
  move(_, points) { this.b = points.at(-1); },
  end(mask) {
    mask.paint(this.isErasing ? 0 : 1, bounds([this.a, this.b]), (row) => box(this.a, this.b, row));
  },
  outline() {
    const {a, b} = this;
    return [a, {x: b.x, y: a.y}, b, {x: a.x, y: b.y}, a];
  },
});

/** By name; those that paint have a function that makes one. */
export const TOOLS = {
  brush: () => brush(1), eraser: () => brush(0), lasso, box: rectangle, hand: null, from: null, attention: null,
};

/** Tools that have a size. */
export const isRound = (name) => name === 'brush' || name === 'eraser';
