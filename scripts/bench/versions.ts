import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../dev/processes.ts';
import { peersFolder } from './server-process.ts';
import type { Stage } from './stage.ts';

/** Packages of rescind that a request goes through. */
const OWN_PACKAGES = ['koa', 'mongodb', 'jose', 'lru-cache', 'bcryptjs', 'bcrypt'];

/** What was measured, to the version. */
export async function readVersions(stage: Stage): Promise<Record<string, string>> {
  return {
    rescind: await commit(),
    node: process.versions.node,
    mongod: stage.mongodVersion,
    ...(stage.redis && { 'redis-server': stage.redis.version }),
    ...(await versionsIn(join(process.cwd(), 'node_modules'), OWN_PACKAGES, 'rescind: ')),
    ...(await versionsIn(join(peersFolder(), 'node_modules'), await peerNames(), 'peers: ')),
  };
}

async function commit(): Promise<string> {
  const git = async (...args: string[]) => {
    const { stdout } = await run('git', args).catch(() => ({ stdout: '' }));
    return stdout.trim();
  };
  const hash = await git('rev-parse', '--short', 'HEAD');
  const changes = await git('status', '--porcelain');
  return `${hash || 'unknown commit'}${changes === '' ? '' : ' with changes'}`;
}

async function peerNames(): Promise<readonly string[]> {
  const manifest = JSON.parse(await readFile(join(peersFolder(), 'package.json'), 'utf8'));
  return Object.keys(manifest.dependencies);
}

async function versionsIn(
  folder: string,
  names: readonly string[],
  prefix: string,
): Promise<Record<string, string>> {
  const versions: Record<string, string> = {};
  for (const name of names) {
    const text = await readFile(join(folder, name, 'package.json'), 'utf8').catch(() => undefined);
    if (text !== undefined) versions[`${prefix}${name}`] = JSON.parse(text).version;
  }
  return versions;
}
