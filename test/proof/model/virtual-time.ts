interface Moment {
  readonly time: number;
  readonly order: number;
  readonly action: () => void;
}

/** A clock that jumps from one scheduled action to the next; actions of one moment run in the order of their scheduling. */
export class VirtualTime {
  now = 0;
  /** A binary heap: each moment is before both of its children. */
  readonly #heap: Moment[] = [];
  #scheduled = 0;

  at(time: number, action: () => void): void {
    const moment = { time: Math.max(time, this.now), order: this.#scheduled++, action };
    this.#heap.push(moment);
    this.#rise(this.#heap.length - 1, moment);
  }

  after(delay: number, action: () => void): void {
    this.at(this.now + delay, action);
  }

  runUntil(end: number): void {
    for (let next = this.#heap[0]; next !== undefined && next.time <= end; next = this.#heap[0]) {
      this.#removeFirst();
      this.now = next.time;
      next.action();
    }
    this.now = end;
  }

  #rise(from: number, moment: Moment): void {
    let index = from;
    while (index > 0) {
      const above = (index - 1) >> 1;
      const parent = this.#heap[above];
      if (parent === undefined || !isBefore(moment, parent)) break;
      this.#heap[index] = parent;
      index = above;
    }
    this.#heap[index] = moment;
  }

  #removeFirst(): void {
    const last = this.#heap.pop();
    if (last === undefined || this.#heap.length === 0) return;
    let index = 0;
    for (let child = this.#earlierChild(0); child > 0; child = this.#earlierChild(index)) {
      const below = this.#heap[child];
      if (below === undefined || !isBefore(below, last)) break;
      this.#heap[index] = below;
      index = child;
    }
    this.#heap[index] = last;
  }

  /** Returns the index of the earlier child, or 0 where there is none. */
  #earlierChild(index: number): number {
    const [left, right] = [this.#heap[2 * index + 1], this.#heap[2 * index + 2]];
    if (left === undefined) return 0;
    return right !== undefined && isBefore(right, left) ? 2 * index + 2 : 2 * index + 1;
  }
}

function isBefore(one: Moment, other: Moment): boolean {
  return one.time < other.time || (one.time === other.time && one.order < other.order);
}
