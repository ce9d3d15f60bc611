import { fileURLToPath } from 'node:url';
import { ExitError } from './exit-error.ts';
import { run } from './processes.ts';

/**
 * Runs a command of the compiled `rescind`, quietly.
 *
 * @throws ExitError with the command's own code and all it printed, when it fails.
 */
export async function rescind(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  input = '',
): Promise<void> {
  const cli = fileURLToPath(new URL('../cli.js', import.meta.url));
  const { code, signal, output } = await run(process.execPath, [cli, ...args], { env, input });
  if (code === 0) return;
  const head = `rescind ${args[0]} failed (${signal ?? `code ${code}`}):`;
  throw new ExitError(code ?? 1, `${head}\n${output.trim()}`);
}
