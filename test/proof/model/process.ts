import type { Clocks } from './clocks.ts';
import type { VirtualTime } from './virtual-time.ts';

/** A process that can be stopped by SIGSTOP and killed. All that happens in it goes through `run`. */
export class Process {
  readonly name: string;
  readonly clocks: Clocks;
  readonly #time: VirtualTime;
  #stoppedUntil = 0;
  #lives = 0;

  constructor(name: string, time: VirtualTime, clocks: Clocks) {
    this.name = name;
    this.#time = time;
    this.clocks = clocks;
  }

  get now(): number {
    return this.#time.now;
  }

  /** Runs an action after a delay: later where the process is stopped, never where it is killed before. */
  run(delay: number, action: () => void): void {
    const life = this.#lives;
    const enter = (): void => {
      if (life !== this.#lives) return;
      if (this.#time.now < this.#stoppedUntil) this.#time.at(this.#stoppedUntil, enter);
      else action();
    };
    this.#time.after(delay, enter);
  }

  stop(duration: number): void {
    this.#stoppedUntil = Math.max(this.#stoppedUntil, this.#time.now + duration);
  }

  kill(): void {
    this.#lives++;
  }
}
