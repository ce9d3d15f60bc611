import type { Clocks, Reading } from './clocks.ts';
import type { Rules } from './rules.ts';

/** The time for which a follower may act on what it remembers. Only its own feed prolongs it. */
export class Lease {
  readonly duration: number;
  readonly #clocks: Clocks;
  readonly #rules: Rules;
  /** The beginning of the newest renewal that has arrived. */
  #began: Reading | undefined;
  #latestWall = 0;

  constructor(duration: number, clocks: Clocks, rules: Rules) {
    this.duration = duration;
    this.#clocks = clocks;
    this.#rules = rules;
  }

  /** The beginning of the newest renewal that has arrived, by the monotonic clock. */
  get newest(): number {
    return this.#began?.mono ?? Number.NEGATIVE_INFINITY;
  }

  /** Takes over both ends of a renewal, unless it began before the newest one. */
  extend(began: Reading): void {
    if (began.mono < this.newest) return;
    this.#began = began;
    this.#latestWall = Math.max(this.#latestWall, began.wall);
  }

  /** Holds until the earlier end by the two clocks. */
  holds(): boolean {
    if (this.#began === undefined) return false;
    const { mono, wall } = this.#clocks.read();
    const began = this.#rules.isBroken('lease-ends-apart') ? this.#latestWall : this.#began.wall;
    const holdsByMono = mono < this.#began.mono + this.duration;
    const holdsByWall = wall < began + this.duration;
    if (this.#rules.isBroken('lease-by-wall-alone')) return holdsByWall;
    if (this.#rules.isBroken('lease-by-mono-alone')) return holdsByMono;
    return holdsByMono && holdsByWall;
  }

  end(): void {
    this.#began = undefined;
    this.#latestWall = 0;
  }
}
