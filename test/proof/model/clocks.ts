/** Readings of both clocks of a process at one moment. */
export interface Reading {
  readonly wall: number;
  readonly mono: number;
}

/**
 * The two clocks of a machine. Both may run up to a tenth faster than real time. The wall clock may be set; the monotonic
 * one stands still while the machine is suspended. Nothing stops both.
 */
export class Clocks {
  readonly #now: () => number;
  readonly #rate: number;
  #jumped = 0;
  #suspended = 0;

  constructor(now: () => number, rate: number) {
    this.#now = now;
    this.#rate = rate;
  }

  read(): Reading {
    const elapsed = this.#now() * this.#rate;
    return { wall: 1_000 + elapsed + this.#jumped, mono: elapsed - this.#suspended };
  }

  /** Sets the wall clock ahead, or back. */
  jump(by: number): void {
    this.#jumped += by;
  }

  /** Stops the monotonic clock for a time in which the process does not run. */
  suspend(duration: number): void {
    this.#suspended += duration * this.#rate;
  }
}
