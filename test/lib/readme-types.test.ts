import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { run } from '../helpers/processes.ts';
import { readmeBlock } from '../helpers/readme.ts';

const STRICT = [
  ...['--noEmit', '--strict', '--noUncheckedIndexedAccess', '--exactOptionalPropertyTypes'],
  ...['--module', 'nodenext', '--target', 'es2023', '--types', 'node', '--skipLibCheck'],
];

/** Compiles a program that has rescind installed: the package refers to itself by its name. */
async function compile(t: ExecutionContext, name: string, text: string) {
  const folder = join('dist', `types-${name}-${process.pid}`);
  mkdirSync(folder, { recursive: true });
  t.teardown(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'example.ts');
  writeFileSync(file, text);
  const tsc = join('node_modules', 'typescript', 'bin', 'tsc');
  const env = { PATH: process.env['PATH'] ?? '' };
  return run(t, process.execPath, [tsc, ...STRICT, '--ignoreConfig', file], {
    cwd: process.cwd(),
    env,
  });
}

const example = readmeBlock('js', 'rescind/koa');

test('the example of the README compiles as strict TypeScript', async (t) => {
  const { code, stdout } = await compile(t, 'readme', example);
  t.deepEqual([code, stdout], [0, '']);
});

const unchained = (member: string) => `
import Koa from 'koa';
import type { Auth } from 'rescind';
import { authenticate, type Authenticator, callerOf, handleErrors, requireRole, type State } from 'rescind/koa';

export function protect(auth: Auth) {
  const wrapped: Authenticator = {
    authenticate: Object.assign(
      async (...args: Parameters<typeof auth.authenticate>) => auth.authenticate(...args),
      { recall: auth.authenticate.recall },
    ),
  };
  const app = new Koa<State & { own: number }>();
  app.use(handleErrors());
  app.use(authenticate(wrapped));
  app.use(requireRole('admin'));
  app.use(async (ctx) => {
    const name: string = ctx.state.principal.user.${member};
    await auth.logout({ token: ctx.state.token }, callerOf(ctx));
    ctx.body = name + ctx.state.own.toFixed();
  });
}
`;

test('ctx.state is typed without chaining by new Koa<State>()', async (t) => {
  const good = await compile(t, 'good', unchained('name'));
  t.deepEqual([good.code, good.stdout], [0, '']);
  const bad = await compile(t, 'bad', unchained('nam'));
  t.regex(bad.stdout, /'nam' does not exist/);
});
