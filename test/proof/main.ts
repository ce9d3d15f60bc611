/** `npm run proof`: tries to break the promise of rescind on this machine, and reports the result. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Cleanups, createCleanups } from '../../scripts/dev/cleanups.ts';
import { ownFolder } from '../../scripts/dev/own-folder.ts';
import { createReport, type Report } from '../../scripts/dev/progress.ts';
import { stopped, stopSignal } from '../../scripts/dev/stop-signal.ts';
import { openTestDatabase } from '../../scripts/test/database.ts';
import { EXIT } from '../../server/exit-codes.ts';
import { openScope } from '../helpers/scope.ts';
import { readOptions } from './options.ts';
import type { Finding, Section } from './section.ts';

async function main(args: string[]): Promise<number> {
  const command = readOptions(args);
  const cleanups = createCleanups();
  const report = createReport(process.stderr);
  const interrupted = stopped(stopSignal(process.env)).then((signal) => {
    report.warn(`Interrupted by ${signal}`);
    return EXIT.interrupted;
  });
  try {
    return await Promise.race([prove(command, cleanups, report), interrupted]);
  } finally {
    await cleanups.run();
  }
}

/** Runs each section in a scope of its own. One that breaks off has a fault. Returns the exit code. */
async function prove(
  { sections, options, out }: ReturnType<typeof readOptions>,
  cleanups: Cleanups,
  report: Report,
): Promise<number> {
  const folder = await ownFolder('rescind-proof-');
  const database = await openTestDatabase(join(folder, 'mongodb'), process.env, cleanups);
  Object.assign(process.env, database, { TMPDIR: folder }); // removed with everything in it
  const chapters: string[] = [];
  let exitCode: number = EXIT.ok;
  for (const section of sections) {
    const scope = openScope({ teardown: (undo) => cleanups.add(async () => undo()) });
    const run = (detail: (text: string) => void) =>
      section.run({ scope, size: 'full', detail, ...options });
    const finding = await report.step(section.title, run).catch((error: Error) => ({
      report: [],
      faults: [`${section.name} broke off: ${error.stack}`],
    }));
    await scope.end();
    chapters.push(formatChapter(section, finding));
    if (finding.faults.length > 0) exitCode = EXIT.failed;
  }
  const text = chapters.join('\n');
  process.stdout.write(`\n${text}`);
  if (out !== undefined) {
    await mkdir(dirname(out), { recursive: true });
    await writeFile(out, text);
  }
  return exitCode;
}

function formatChapter({ title }: Section, { report, faults }: Finding): string {
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
