import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { MINUTE } from '../../lib/time.ts';
import { routes } from '../../server/routes.ts';
import { addClient, basic } from '../helpers/clients.ts';
import { ageDeployment } from '../helpers/database.ts';
import type { Scope } from '../helpers/scope.ts';
import { logIn, type TestServer, testServer } from '../helpers/server.ts';
import { addUser } from '../helpers/users.ts';
import { describeApi } from './api-description.ts';
import { seed, UNLIMITED } from './attacks/attack.ts';
import type { Section, Size } from './section.ts';

const PACKAGE = 'schemathesis==4.32.5';
const EXAMPLES: Readonly<Record<Size, number>> = { full: 50, share: 2 };

/**
 * All checks but two. A body that fits its schema is refused where the address is none or the form says
 * something twice, which no schema can say; and a path may have methods of another route that fits it.
 */
const CHECKS = [
  ...['--checks', 'all'],
  ...['--exclude-checks', 'positive_data_acceptance,allow_header_conformance'],
];

/** Left out where a good token is sent, for it would be the last that the token does. */
const ENDS_THE_TOKEN = 'logout|revoke-all|revoke-everyone|revoke-tokens|^/oauth';

/** Who asks: with which header, of which routes. */
interface Asker {
  readonly name: string;
  readonly options: readonly string[];
  readonly mayDoAnything: boolean;
}

/** schemathesis, a fuzzer of others' making, against the API as the list of routes describes it. */
export const schemathesis: Section = {
  name: 'schemathesis',
  title: 'A fuzzer of others against the API description',

  async run({ owner, size, detail }) {
    const folder = await mkdtemp(join(tmpdir(), 'rescind-schemathesis-'));
    owner.teardown(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }));
    detail(`installing ${PACKAGE}`);
    const program = await install(folder).catch((error: Error) => error);
    if (program instanceof Error) {
      return {
        report: [`Skipped: pip cannot give ${PACKAGE}: ${lastLineOf(program)}`],
        faults: [],
      };
    }
    const description = join(folder, 'api.json');
    await writeFile(description, JSON.stringify(describeApi()));
    const { server, askers } = await openScene(owner);
    const rows: string[] = [];
    const faults: string[] = [];
    for (const asker of askers) {
      detail(`as ${asker.name}`);
      const seen = server.log.length;
      const options = [description, '--url', server.url, ...asker.options];
      const failures = await fuzz({ program, folder, size }, options);
      const lines = server.log.slice(seen).filter(({ msg }) => msg === 'request');
      rows.push(rowOf(asker, lines));
      faults.push(...failures, ...faultsOf(asker, lines));
    }
    return {
      report: [
        `${PACKAGE}, seed ${seed()}.`,
        '',
        '| who asks | requests | 2xx | 4xx | 5xx |',
        '|---|---:|---:|---:|---:|',
        ...rows,
      ],
      faults,
    };
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

async function openScene(owner: Scope) {
  const server = await testServer(owner, UNLIMITED);
  await ageDeployment(server.collections);
  const { email } = await addUser(server.collections, { roles: ['admin'] });
  const token = await logIn(server.url, email);
  const { authorization } = basic(await addClient(server.collections));
  const askers: readonly Asker[] = [
    { name: 'nobody', options: [], mayDoAnything: false },
    {
      name: 'an admin',
      options: ['-H', `Authorization: Bearer ${token}`, '--exclude-path-regex', ENDS_THE_TOKEN],
      mayDoAnything: true,
    },
    {
      name: 'a client',
      options: ['-H', `Authorization: ${authorization}`, '--include-path-regex', '^/oauth'],
      mayDoAnything: true,
    },
  ];
  return { server, askers };
}

interface Fuzzer {
  readonly program: string;
  /** Where it keeps what it has found. */
  readonly folder: string;
  readonly size: Size;
}

/** What schemathesis found fault with, from the first failure on. */
async function fuzz(
  { program, folder, size }: Fuzzer,
  options: readonly string[],
): Promise<string[]> {
  const how = ['--phases', 'coverage,fuzzing', '-n', `${EXAMPLES[size]}`, '--seed', `${seed()}`];
  const args = ['run', ...options, ...CHECKS, ...how, '--no-shrink'];
  try {
    await runProgram(program, args, {
      cwd: folder,
      timeout: 10 * MINUTE,
      maxBuffer: 64 * 1024 * 1024,
    });
    return [];
  } catch (error) {
    const { stdout = '', message } = error as Error & { stdout?: string };
    const failures = stdout.slice(stdout.indexOf('FAILURES'));
    return [`schemathesis: ${failures.slice(0, 3_000) || message}`];
  }
}

type Line = TestServer['log'][number];

const hundredOf = ({ status }: Line) => Math.floor(Number(status) / 100);
const isOpen = ({ path }: Line) =>
  routes.some((route) => route.path === path && route.access === 'anyone');

function rowOf({ name }: Asker, lines: readonly Line[]): string {
  const count = (hundred: number) => lines.filter((line) => hundredOf(line) === hundred).length;
  return `| ${name} | ${lines.length} | ${count(2)} | ${count(4)} | ${count(5)} |`;
}

/** By the server's own log: it knows of every answer, whatever the fuzzer thinks of it. */
function faultsOf({ name, mayDoAnything }: Asker, lines: readonly Line[]): string[] {
  const told = (line: Line) => `${line['method']} ${line['path']} was answered ${line['status']}`;
  const done = lines.filter((line) => hundredOf(line) === 2 && !isOpen(line));
  const faults = lines.filter((line) => hundredOf(line) === 5);
  if (!mayDoAnything) faults.push(...done);
  const distinct = [...new Set(faults.map(told))].map((fault) => `As ${name}: ${fault}.`);
  const isVain = mayDoAnything && done.length === 0;
  return isVain
    ? [...distinct, `As ${name}: nothing was ever done, so nothing was tested.`]
    : distinct;
}

function lastLineOf({ message }: Error): string {
  return message.trim().split('\n').at(-1) ?? '';
}
