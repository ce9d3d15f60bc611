import { fileURLToPath } from 'node:url';
import type { SubprocessError } from 'nano-spawn';
import { CliError } from '../cli/cli-error.ts';
import { run } from './processes.ts';

/**
 * Runs a command of the compiled `rescind` without printing its output.
 *
 * @throws CliError with the exit code and the output of the command, if the command fails.
 */
export async function rescind(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  input = '',
): Promise<void> {
  const cli = fileURLToPath(new URL('../cli.js', import.meta.url));
  const options = { env, stdin: { string: input } };
  await run(process.execPath, [cli, ...args], options).catch((error: SubprocessError) => {
    const { exitCode = 1, output, message } = error;
    const how = error.signalName ?? `code ${error.exitCode}`;
    throw new CliError(exitCode, `rescind ${args[0]} failed (${how}):\n${output || message}`);
  });
}
