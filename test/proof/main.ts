/** `npm run proof`: what the promise of rescind is worth, shown on this machine. */
import { mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Cleanups, createCleanups } from '../../scripts/dev/cleanups.ts';
import { ownFolder } from '../../scripts/dev/own-folder.ts';
import { createReport, type Report } from '../../scripts/dev/progress.ts';
import { stopped, stopSignal } from '../../scripts/dev/stop-signal.ts';
import { openTestDatabase } from '../../scripts/test/database.ts';
import { EXIT } from '../../server/exit-codes.ts';
import { type Options, readOptions } from './options.ts';
import { createOwner } from './own-owner.ts';
import type { Finding, Section } from './section.ts';
import { sectionsWith } from './sections.ts';

async function main(args: string[]): Promise<number> {
  const options = readOptions(args);
  const cleanups = createCleanups();
  const report = createReport(process.stderr);
  const interrupted = stopped(stopSignal(process.env)).then((signal) => {
    report.warn(`Interrupted by ${signal}`);
    return EXIT.interrupted;
  });
  try {
    return await Promise.race([prove(options, cleanups, report), interrupted]);
  } finally {
    await cleanups.run();
  }
}

async function prove(options: Options, cleanups: Cleanups, report: Report): Promise<number> {
  const out = options.out ? dirname(options.out) : join(tmpdir(), `rescind-proof-${process.pid}`);
  const folder = await ownFolder('rescind-proof-');
  const database = await openTestDatabase(join(folder, 'mongodb'), process.env, cleanups);
  Object.assign(process.env, database, { TMPDIR: folder }); // what is left in there goes with it
  const asked = options.faults ? ['faults'] : undefined;
  const chosen = sectionsWith({ ...options, out }).filter(({ name }) =>
    (options.only ?? asked ?? [name]).includes(name),
  );
  const findings: [Section, Finding][] = [];
  for (const section of chosen) {
    findings.push([section, await runSection(section, cleanups, report)]);
  }
  await show(findings, options.out);
  return findings.every(([, { faults }]) => faults.length === 0) ? EXIT.ok : EXIT.failed;
}

/** A section that breaks off has shown nothing. */
async function runSection(section: Section, cleanups: Cleanups, report: Report): Promise<Finding> {
  const owner = createOwner({ teardown: (undo) => cleanups.add(async () => undo()) });
  const run = (detail: (text: string) => void) => section.run({ owner, size: 'full', detail });
  const finding = await report.step(section.title, run).catch((error: Error) => ({
    report: [],
    faults: [`${section.name} broke off: ${error.stack}`],
  }));
  await owner.end();
  return finding;
}

/** The tables on stdout, and in a file where one was asked for. */
async function show(
  findings: readonly (readonly [Section, Finding])[],
  file: string | undefined,
): Promise<void> {
  const text = findings.map(([section, finding]) => chapterOf(section, finding)).join('\n');
  process.stdout.write(`\n${text}`);
  if (file === undefined) return;
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
}

function chapterOf({ title }: Section, { report, faults }: Finding): string {
  const verdict =
    faults.length === 0 ? ['Nothing was found.'] : faults.map((fault) => `- ${fault}`);
  return [`## ${title}`, '', ...report, '', ...verdict, ''].join('\n');
}

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error: Error) => {
    process.stderr.write(`\n${error.stack}\n`);
    process.exit(EXIT.failed);
  },
);
