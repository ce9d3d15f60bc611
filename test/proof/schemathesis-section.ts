import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SubprocessError } from 'nano-spawn';
import { HOUR, MINUTE } from '../../lib/time.ts';
import { run } from '../../scripts/dev/processes.ts';
import { routes } from '../../server/routes.ts';
import { basic } from '../helpers/clients.ts';
import { emptyFolder } from '../helpers/processes.ts';
import type { Scope } from '../helpers/scope.ts';
import { type TestServer, testServer } from '../helpers/server.ts';
import { describeApi } from './api-description.ts';
import { seed, UNLIMITED } from './attacks/attack.ts';
import { formatTable, type Section } from './section.ts';
import { createWorlds } from './world.ts';

const PACKAGE = 'schemathesis==4.32.5';

/**
 * All checks but two. A body that fits its schema is refused for an invalid address or a duplicate parameter, which no
 * schema can express. And a path may have methods of another route that fits it.
 */
const EXCLUDED = 'positive_data_acceptance,allow_header_conformance';
const CHECKS = ['--checks', 'all', '--exclude-checks', EXCLUDED];
const PHASES = ['--phases', 'coverage,fuzzing', '-n', '50', '--no-shrink'];

/** The statuses that refuse a body which violates its schema: its own list, and 413 for one that is too long. */
const REFUSALS = [400, 401, 403, 404, 405, 406, 409, 413, 415, 422, 428, 429, '5xx'].map(String);
const CONFIGURATION = `[checks.negative_data_rejection]\nexpected-statuses = ${JSON.stringify(REFUSALS)}\n`;

/** Paths that are left out where a good token is sent: they would end it. */
const ENDS_THE_TOKEN = 'logout|revoke-all|revoke-everyone|revoke-tokens|^/oauth';

type Line = TestServer['log'][number];

/** A caller, and the server's own log of its requests: it knows of every answer, whatever the fuzzer thinks of it. */
type Row = { readonly name: string; readonly lines: readonly Line[] };

const NOBODY = 'nobody';

/** Runs schemathesis, a fuzzer of others' making, against the API as the list of routes describes it. */
export const schemathesis: Section = {
  name: 'schemathesis',
  title: 'A fuzzer of others against the API description',

  async run({ scope, detail }) {
    const folder = emptyFolder(scope);
    detail(`installing ${PACKAGE}`);
    const program = await install(folder).catch((error: SubprocessError) => error);
    if (typeof program !== 'string') {
      const reason = (program.output || program.message).trim().split('\n').at(-1);
      return { report: [`Skipped: pip cannot give ${PACKAGE}: ${reason}`], faults: [] };
    }
    const description = join(folder, 'api.json');
    await writeFile(description, JSON.stringify(describeApi()));
    await writeFile(join(folder, 'schemathesis.toml'), CONFIGURATION);
    const server = await testServer(scope, UNLIMITED);
    const target = [description, '--url', server.url, '--seed', `${seed()}`, ...PHASES, ...CHECKS];
    const rows: Row[] = [];
    const faults: string[] = [];
    for (const [name, options] of await listCallers(scope, server)) {
      detail(`as ${name}`);
      const seen = server.log.length;
      faults.push(...(await fuzz(program, folder, [...target, ...options])));
      const lines = server.log.slice(seen).filter(({ msg }) => msg === 'request');
      rows.push({ name, lines });
    }
    faults.push(...rows.flatMap(findFaults));
    const table = formatTable(rows, [
      ['who asks', ({ name }) => name],
      ['requests', ({ lines }) => lines.length],
      ['2xx', count(2)],
      ['4xx', count(4)],
      ['5xx', count(5)],
    ]);
    return { report: [`${PACKAGE}, seed ${seed()}.`, '', table], faults };
  },
};

async function install(folder: string): Promise<string> {
  const bin = join(folder, 'venv', 'bin');
  await run('python3', ['-m', 'venv', join(folder, 'venv')], { timeout: 2 * MINUTE });
  const quiet = ['install', '--quiet', '--disable-pip-version-check'];
  await run(join(bin, 'pip'), [...quiet, PACKAGE], { timeout: 5 * MINUTE });
  return join(bin, 'schemathesis');
}

/** Lists callers, with the options that add their headers and choose their paths. */
async function listCallers(scope: Scope, server: TestServer) {
  const openWorld = await createWorlds(scope, server, server.secret);
  const { asker, client } = await openWorld();
  const as = (value: string) => ['-H', `Authorization: ${value}`];
  return [
    [NOBODY, []],
    ['an admin', [...as(`Bearer ${asker.tokens.access}`), '--exclude-path-regex', ENDS_THE_TOKEN]],
    ['a client', [...as(basic(client).authorization), '--include-path-regex', '^/oauth']],
  ] as const;
}

/** Runs the program in its folder. Returns what it found fault with, from the first failure on. */
function fuzz(program: string, cwd: string, options: readonly string[]): Promise<string[]> {
  return run(program, ['run', ...options], { cwd, timeout: HOUR }).then(
    () => [],
    ({ stdout, message }: SubprocessError) => {
      const failures = stdout.slice(stdout.indexOf('FAILURES'));
      return [`schemathesis: ${failures.slice(0, 3_000) || message}`];
    },
  );
}

const isIn = (hundred: number) => (line: Line) =>
  Math.floor(Number(line['status']) / 100) === hundred;
const isOpen = ({ path }: Line) =>
  routes.some((route) => route.path === path && route.access === 'anyone');
const count = (hundred: number) => (row: Row) => row.lines.filter(isIn(hundred)).length;

/** Finds failures of the server, work for nobody, and a caller who never succeeded: that would test nothing. */
function findFaults({ name, lines }: Row): string[] {
  const done = lines.filter((line) => isIn(2)(line) && !isOpen(line));
  const wrong = [...lines.filter(isIn(5)), ...(name === NOBODY ? done : [])];
  const faults = wrong.map(({ method, path, status }) => {
    return `${method} ${path} was answered ${status}.`;
  });
  if (name !== NOBODY && done.length === 0)
    faults.push('nothing was ever done, so nothing was tested.');
  return [...new Set(faults)].map((fault) => `As ${name}: ${fault}`);
}
