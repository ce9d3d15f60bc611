import { sum } from 'simple-statistics';
import type { Profile, ProfiledFunction } from '../results.ts';

/** The parts of a .cpuprofile that are read. Times are microseconds. */
export interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string };
  }[];
  readonly startTime: number;
  readonly endTime: number;
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

const FUNCTIONS = 15;

/** V8's name for the time in which the thread had nothing to do. */
const IDLE = '(idle)';

/** Adds up the self times of each function, and of each owner, as shares of the time in which the thread was busy. */
export function summarizeProfile(profile: CpuProfile): Omit<Profile, 'row' | 'pattern'> {
  const times = addTimes(profile);
  const idle = sum(times.filter(({ name }) => name === IDLE).map(({ time }) => time));
  const busy = times.filter(({ name }) => name !== IDLE);
  const total = sum(busy.map(({ time }) => time));
  const functions = busy.map(({ time, ...rest }) => ({ ...rest, share: time / total }));
  return {
    seconds: (profile.endTime - profile.startTime) / 1e6,
    idle: idle / (idle + total),
    owners: addOwners(functions),
    functions: functions.sort(byShare).slice(0, FUNCTIONS),
  };
}

/** Adds up the time between samples for each function. */
function addTimes({ nodes, samples, timeDeltas }: CpuProfile) {
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]));
  const times = new Map<string, { owner: string; name: string; time: number }>();
  for (const [index, sample] of samples.entries()) {
    const { functionName, url } = frames.get(sample) ?? { functionName: '', url: '' };
    const [owner, name] = [findOwner(url), functionName || '(anonymous)'];
    const key = `${owner} ${name}`;
    const { time = 0 } = times.get(key) ?? {};
    times.set(key, { owner, name, time: time + (timeDeltas[index] ?? 0) });
  }
  return [...times.values()];
}

function addOwners(functions: readonly ProfiledFunction[]) {
  const shares = new Map<string, number>();
  for (const { owner, share } of functions) shares.set(owner, (shares.get(owner) ?? 0) + share);
  return [...shares].map(([owner, share]) => ({ owner, share })).sort(byShare);
}

function byShare(a: { readonly share: number }, b: { readonly share: number }): number {
  return b.share - a.share;
}

/** Finds the owner of a script: a package, a room of rescind, `node`, or `runtime` for what is no script. */
export function findOwner(url: string): string {
  if (url === '') return 'runtime';
  if (url.startsWith('node:')) return 'node';
  const [, packageName] = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url) ?? [];
  if (packageName !== undefined) return packageName;
  const [, room] = /\/dist\/(lib|server)\//.exec(url) ?? [];
  return room === undefined ? 'bench' : `rescind: ${room}`;
}
