import { run } from '../processes.ts';

/** The oldest MongoDB the project is tested with. */
export const oldestVersion = 6;

/**
 * Asks a mongod for its version, which also proves that it runs on this machine: its libraries are
 * there, its processor and its file are right.
 *
 * @returns for example `6.0.5`.
 * @throws Error with the reason in one line, when it does not run, or is too old.
 */
export async function mongodVersion(binary: string, env: NodeJS.ProcessEnv): Promise<string> {
  const { code, signal, output, timedOut } = await run(binary, ['--version'], {
    env,
    timeout: 15_000,
  }).catch((error: NodeJS.ErrnoException) => {
    throw new Error(spawnReason(error), { cause: error });
  });
  if (timedOut) throw new Error('`mongod --version` did not answer within 15 s');
  if (code !== 0) throw new Error(reasonIn(output) || `it ended with ${signal ?? `code ${code}`}`);
  const version = /db version v(\d+)(\.\S+)/.exec(output);
  if (!version) throw new Error('it does not answer `--version` as a mongod does');
  if (Number(version[1]) < oldestVersion) {
    throw new Error(
      `it is MongoDB ${version[1]}${version[2]}, too old: ${oldestVersion}.0 is needed`,
    );
  }
  return `${version[1]}${version[2]}`;
}

function spawnReason(error: NodeJS.ErrnoException): string {
  if (error.code === 'ENOENT') return 'there is no such program';
  if (error.code === 'EACCES') return 'it may not be executed (chmod +x?)';
  return error.message;
}

function reasonIn(output: string): string {
  return output.trim().split('\n')[0] ?? '';
}
