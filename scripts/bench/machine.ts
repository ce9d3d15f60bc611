import { readFile } from 'node:fs/promises';
import { availableParallelism, cpus, release, totalmem, type } from 'node:os';
import { run } from '../dev/processes.ts';
import type { Environment } from './environment.ts';
import { PEERS } from './servers.ts';

/** Packages of rescind that a request passes through. */
const OWN_PACKAGES = ['koa', 'mongodb', 'jose', 'lru-cache', 'bcryptjs', 'bcrypt'];

export function describeMachine({ pinning }: Environment) {
  return {
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    cores: Math.max(availableParallelism(), cpus().length),
    memoryGb: Math.round(totalmem() / 2 ** 30),
    system: `${type()} ${release()}`,
    pinning: pinning.description,
  };
}

/** Reads the versions of everything that is measured. */
export async function readVersions({ mongodVersion, redis }: Environment) {
  const { dependencies } = await readManifest(PEERS);
  const describe = ['describe', '--always', '--exclude=*', '--dirty= with changes'];
  const { stdout } = await run('git', describe).catch(() => ({ stdout: 'unknown commit' }));
  return {
    rescind: stdout,
    node: process.versions.node,
    mongod: mongodVersion,
    ...(redis && { 'redis-server': redis.version }),
    ...(await readPackages('.', OWN_PACKAGES, 'rescind: ')),
    ...(await readPackages(PEERS, Object.keys(dependencies), 'peers: ')),
  };
}

async function readPackages(folder: string, names: readonly string[], prefix: string) {
  const versions: Record<string, string> = {};
  for (const name of names) {
    const { version } = await readManifest(`${folder}/node_modules/${name}`).catch(() => ({}));
    if (version) versions[`${prefix}${name}`] = version;
  }
  return versions;
}

async function readManifest(folder: string) {
  return JSON.parse(await readFile(`${folder}/package.json`, 'utf8'));
}
