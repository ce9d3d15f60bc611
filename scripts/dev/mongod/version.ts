import type { SubprocessError } from 'nano-spawn';
import { run } from '../processes.ts';

/** The oldest MongoDB the project is tested with. */
export const oldestVersion = 6;

/**
 * Runs `mongod --version` and returns the version. Success also proves that the file is complete and runs
 * with the libraries and the processor of this machine.
 *
 * @returns the version, such as `6.0.5`.
 * @throws Error with the reason in one line, if the mongod does not run or is too old.
 */
export async function mongodVersion(binary: string, env: NodeJS.ProcessEnv): Promise<string> {
  const options = { env, signal: AbortSignal.timeout(15_000) };
  const { output } = await run(binary, ['--version'], options).catch((error: SubprocessError) => {
    throw new Error(describeFailure(error), { cause: error });
  });
  const version = /db version v(\d+)(\.\S+)/.exec(output);
  if (!version) throw new Error('`--version` prints no mongod version');
  if (Number(version[1]) < oldestVersion) {
    throw new Error(
      `it is MongoDB ${version[1]}${version[2]}, but ${oldestVersion}.0 or newer is needed`,
    );
  }
  return `${version[1]}${version[2]}`;
}

function describeFailure({
  isCanceled,
  cause,
  output,
  signalName,
  exitCode,
}: SubprocessError): string {
  if (isCanceled) return '`mongod --version` did not end within 15 s';
  const { code, message } = (cause ?? {}) as NodeJS.ErrnoException;
  if (code === 'ENOENT') return 'there is no such program';
  if (code === 'EACCES') return 'it may not be executed (chmod +x?)';
  return message ?? (output.split('\n')[0] || `it ended with ${signalName ?? `code ${exitCode}`}`);
}
