/**
 * Runs inside a server that is harmed from within: `node --import` loads it first. On SIGUSR2 it reads the file that
 * HARM_FILE names, and does what stands there.
 */
import { readFileSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';
import type { Harm } from './harm.ts';

const RealDate = Date;
let { clockOffset } = readHarm();

function readHarm(): Harm {
  return JSON.parse(readFileSync(process.env['HARM_FILE'] ?? '', 'utf8'));
}

/** Returns the time of a wall clock that was set; a thread gets no signal, and looks each time. */
function now(): number {
  return RealDate.now() + (isMainThread ? clockOffset : readHarm().clockOffset);
}

globalThis.Date = new Proxy(RealDate, {
  construct: (target, args, newTarget) =>
    Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget),
  get: (target, name, receiver) => (name === 'now' ? now : Reflect.get(target, name, receiver)),
});

if (isMainThread) {
  process.on('SIGUSR2', () => {
    const harm = readHarm();
    ({ clockOffset } = harm);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, harm.blockFor);
  });
}
