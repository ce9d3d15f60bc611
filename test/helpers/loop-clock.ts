/** The most milliseconds of a turn that count. */
const TICK = 10;

let now = 0;
let isRunning = false;

/**
 * Time of this process's event loop in milliseconds. It stands still while the machine gives the process no CPU,
 * and never runs ahead of the wall clock: a limit in it holds under any load for what runs in this process.
 */
export function loopTime(): number {
  if (!isRunning) setInterval(tick, TICK).unref();
  isRunning = true;
  return now;
}

function tick(): void {
  now += TICK;
}
