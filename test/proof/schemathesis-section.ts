import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { HOUR, MINUTE } from '../../lib/time.ts';
import { routes } from '../../server/routes.ts';
import { addClient, basic } from '../helpers/clients.ts';
import { ageDeployment } from '../helpers/database.ts';
import type { Scope } from '../helpers/scope.ts';
import { logIn, type TestServer, testServer } from '../helpers/server.ts';
import { addUser } from '../helpers/users.ts';
import { describeApi } from './api-description.ts';
import { seed, UNLIMITED } from './attacks/attack.ts';
import { type Column, formatTable } from './format-table.ts';
import type { Section } from './section.ts';

const PACKAGE = 'schemathesis==4.32.5';
const EXAMPLES = { full: 50, share: 2 } as const;

/**
 * All checks but two. A body that fits its schema is refused where the address is none or the form says
 * something twice, which no schema can say; and a path may have methods of another route that fits it.
 */
const CHECKS = ['all', '--exclude-checks', 'positive_data_acceptance,allow_header_conformance'];

/** Paths that are left out where a good token is sent: they would end it. */
const ENDS_THE_TOKEN = 'logout|revoke-all|revoke-everyone|revoke-tokens|^/oauth';

/** A caller, with the options that add its header and choose its paths. */
interface Asker {
  readonly name: string;
  readonly options: readonly string[];
  readonly mayDoAnything: boolean;
}

type Line = TestServer['log'][number];

interface Row extends Asker {
  /** The server's own log of the requests: it knows of every answer, whatever the fuzzer thinks of it. */
  readonly lines: readonly Line[];
}

/** Runs schemathesis, a fuzzer of others' making, against the API as the list of routes describes it. */
export const schemathesis: Section = {
  name: 'schemathesis',
  title: 'A fuzzer of others against the API description',

  async run({ scope, size, detail }) {
    const folder = await mkdtemp(join(tmpdir(), 'rescind-schemathesis-'));
    scope.teardown(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }));
    detail(`installing ${PACKAGE}`);
    const program = await install(folder).catch((error: Error) => error);
    if (program instanceof Error) {
      const reason = program.message.trim().split('\n').at(-1);
      return { report: [`Skipped: pip cannot give ${PACKAGE}: ${reason}`], faults: [] };
    }
    const description = join(folder, 'api.json');
    await writeFile(description, JSON.stringify(describeApi()));
    const { server, askers } = await openFixture(scope);
    const rows: Row[] = [];
    const faults: string[] = [];
    for (const asker of askers) {
      detail(`as ${asker.name}`);
      const seen = server.log.length;
      const phases = ['--phases', 'coverage,fuzzing', '-n', `${EXAMPLES[size]}`, '--no-shrink'];
      const target = [description, '--url', server.url, '--seed', `${seed()}`, ...asker.options];
      faults.push(...(await fuzz(program, folder, [...target, ...phases])));
      const row = {
        ...asker,
        lines: server.log.slice(seen).filter(({ msg }) => msg === 'request'),
      };
      rows.push(row);
      faults.push(...findFaults(row));
    }
    return { report: [`${PACKAGE}, seed ${seed()}.`, '', formatTable(rows, COLUMNS)], faults };
  },
};

const runProgram = promisify(execFile);

async function install(folder: string): Promise<string> {
  const bin = join(folder, 'venv', 'bin');
  await runProgram('python3', ['-m', 'venv', join(folder, 'venv')], { timeout: 2 * MINUTE });
  const quiet = ['install', '--quiet', '--disable-pip-version-check'];
  await runProgram(join(bin, 'pip'), [...quiet, PACKAGE], { timeout: 5 * MINUTE });
  return join(bin, 'schemathesis');
}

async function openFixture(scope: Scope) {
  const server = await testServer(scope, UNLIMITED);
  await ageDeployment(server.collections);
  const { email } = await addUser(server.collections, { roles: ['admin'] });
  const token = await logIn(server.url, email);
  const { authorization } = basic(await addClient(server.collections));
  const as = (value: string) => ['-H', `Authorization: ${value}`];
  const admin = [...as(`Bearer ${token}`), '--exclude-path-regex', ENDS_THE_TOKEN];
  const client = [...as(authorization), '--include-path-regex', '^/oauth'];
  const askers: readonly Asker[] = [
    { name: 'nobody', options: [], mayDoAnything: false },
    { name: 'an admin', options: admin, mayDoAnything: true },
    { name: 'a client', options: client, mayDoAnything: true },
  ];
  return { server, askers };
}

/** Runs the program in its folder. Returns what it found fault with, from the first failure on. */
async function fuzz(program: string, cwd: string, options: readonly string[]): Promise<string[]> {
  const limits = { timeout: HOUR, maxBuffer: 64 * 1024 * 1024 };
  try {
    await runProgram(program, ['run', ...options, '--checks', ...CHECKS], { cwd, ...limits });
    return [];
  } catch (error) {
    const { stdout = '', message } = error as Error & { stdout?: string };
    const failures = stdout.slice(stdout.indexOf('FAILURES'));
    return [`schemathesis: ${failures.slice(0, 3_000) || message}`];
  }
}

const isIn = (hundred: number) => (line: Line) =>
  Math.floor(Number(line['status']) / 100) === hundred;
const isOpen = ({ path }: Line) =>
  routes.some((route) => route.path === path && route.access === 'anyone');

const COLUMNS: readonly Column<Row>[] = [
  ['who asks', ({ name }) => name],
  ['requests', ({ lines }) => lines.length],
  ...[2, 4, 5].map((hundred): Column<Row> => {
    return [`${hundred}xx`, ({ lines }) => lines.filter(isIn(hundred)).length];
  }),
];

/** Finds failures of the server, work for nobody, and a caller who never succeeded: that would test nothing. */
function findFaults({ name, mayDoAnything, lines }: Row): string[] {
  const done = lines.filter((line) => isIn(2)(line) && !isOpen(line));
  const wrong = [...lines.filter(isIn(5)), ...(mayDoAnything ? [] : done)].map(
    (line) => `${line['method']} ${line['path']} was answered ${line['status']}.`,
  );
  if (mayDoAnything && done.length === 0)
    wrong.push('nothing was ever done, so nothing was tested.');
  return [...new Set(wrong)].map((fault) => `As ${name}: ${fault}`);
}
