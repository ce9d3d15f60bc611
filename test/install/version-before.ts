/** The last version whose servers know nothing of followers, installed by its own lock file. */
import { execFileSync } from 'node:child_process';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { emptyFolder, run, SERVER_ENV, start } from '../helpers/processes.ts';
import type { Scope } from '../helpers/scope.ts';
import { environment, NPM_ALONE } from './environment.ts';

const COMMIT = '9c4bfa18257c7a29120b50c6a8abe6da17d0fa0a';

/** Installs and compiles the version before in a folder of its own, which is removed when the scope ends. */
export async function installVersionBefore(t: Scope) {
  assertCommit();
  const folder = emptyFolder(t);
  const archive = join(emptyFolder(t), 'archive.tar');
  execFileSync('git', ['archive', '--format=tar', `--output=${archive}`, COMMIT]);
  execFileSync('tar', ['-xf', archive, '-C', folder]);
  const env = { ...environment(), ...NPM_ALONE, HOME: homedir() };
  const { code, stderr } = await run(t, 'npm', ['ci'], { cwd: folder, env });
  if (code !== 0) throw new Error(`npm ci of the commit ${COMMIT} failed:\n${stderr}`);

  return {
    /** Runs `rescind <args>` of that version to its end. */
    rescind: (scope: Scope, args: readonly string[], settings: Record<string, string>) =>
      run(scope, process.execPath, [join(folder, 'dist/scripts/cli.js'), ...args], {
        env: settings,
      }),

    /** Starts a server of that version on a free port, and waits until it listens. */
    async serve(scope: Scope, settings: Record<string, string>): Promise<string> {
      const server = start(scope, process.execPath, [join(folder, 'dist/server/main.js')], {
        env: { ...SERVER_ENV, REQUEST_DEADLINE: '60s', ...settings },
      });
      const [, url = ''] = await server.seen(/"url":"(http:[^"]+)","msg":"listening"/);
      return url;
    },
  };
}

/** Fetches the commit if the clone is shallow. Throws if it is nowhere to be had. */
function assertCommit(): void {
  if (hasCommit()) return;
  try {
    execFileSync('git', ['fetch', '--quiet', '--depth=1', 'origin', COMMIT], { stdio: 'ignore' });
  } catch {
    // reported below
  }
  if (hasCommit()) return;
  throw new Error(
    `The commit ${COMMIT} is not in this repository, so the version before cannot be installed. ` +
      'Fetch the whole history: git fetch --unshallow',
  );
}

function hasCommit(): boolean {
  try {
    execFileSync('git', ['cat-file', '-e', `${COMMIT}^{commit}`], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
