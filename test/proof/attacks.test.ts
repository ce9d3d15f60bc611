import test, { type ExecutionContext } from 'ava';
import { MINUTE } from '../../lib/time.ts';
import { carryOut } from './attacks/attack.ts';
import { openBodyAttack } from './attacks/bodies.ts';
import { openTokenAttack } from './attacks/tokens.ts';
import { attacks } from './attacks-section.ts';
import type { HttpRequest, Send } from './http-client.ts';
import { assertShare } from './section.ts';

test('No mutated token is let in and no mutated body does harm: 2,000 and 500 of those that npm run proof sends', async (t) => {
  t.timeout(20 * MINUTE);
  await assertShare(t, attacks);
});

/** Attacks a server that changes requests on their way. Returns the fault that was found. */
async function attackBroken(
  t: ExecutionContext,
  open: typeof openTokenAttack,
  requests: number,
  change: (request: HttpRequest) => HttpRequest,
): Promise<string> {
  const breakServer = (send: Send) => (request: HttpRequest) => send(change(request));
  const context = { scope: t, detail: () => undefined };
  const { faults } = await carryOut(open, requests, context, breakServer);
  return faults[0] ?? '';
}

test('The attack by tokens is proved: it finds a server that takes each spelling that decodes to the same bytes', async (t) => {
  const respell = (_: string, scheme: string, token: string) => {
    const parts = token.split('.').map((part) => Buffer.from(part, 'base64url'));
    return scheme + parts.map((bytes) => bytes.toString('base64url')).join('.');
  };
  const found = await attackBroken(t, openTokenAttack, 1_000, ({ headers, ...request }) => ({
    ...request,
    headers: headers.map(([name, value]) => [name, value.replace(/^(bearer +)(.*)$/i, respell)]),
  }));
  t.regex(found, /200 of .* in place of 401/);
});

test('The attack by tokens is proved: it finds a server that takes the first of two Authorization headers', async (t) => {
  const found = await attackBroken(t, openTokenAttack, 1_000, ({ headers, ...request }) => {
    const names = headers.map(([name]) => name.toLowerCase());
    const isFirst = (_: unknown, index: number) => names.indexOf(names[index] ?? '') === index;
    return { ...request, headers: headers.filter(isFirst) };
  });
  t.regex(found, /two headers: .* in place of 400/);
});

test('The attack by bodies is proved: it finds a server that makes strings of what is none', async (t) => {
  const found = await attackBroken(t, openBodyAttack, 2_000, (request) => {
    try {
      const entries = Object.entries(JSON.parse(String(request.body)));
      const fields = Object.fromEntries(entries.map(([name, value]) => [name, String(value)]));
      return { ...request, body: JSON.stringify(fields) };
    } catch {
      return request;
    }
  });
  t.regex(found, /^mutated bodies: .* it (logged in|refreshed)/);
});

test('The attack by bodies is proved: it finds a server that fails with 500', async (t) => {
  const crash = (send: Send) => async (request: HttpRequest) =>
    request.body?.includes('$') ? { status: 500, body: {} } : send(request);
  const context = { scope: t, detail: () => undefined };
  const { faults } = await carryOut(openBodyAttack, 2_000, context, crash);
  t.regex(faults[0] ?? '', /^mutated bodies: .* it was answered 500/);
});
