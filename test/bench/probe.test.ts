import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { probe, WrongAnswer } from '../../scripts/bench/measurement.ts';
import { ROWS, type Row } from '../../scripts/bench/rows.ts';

const ME = { id: '1', email: 'a@b', name: 'A', company_id: 'c', roles: [], session_id: '2' };
const PROBES = {
  headerName: 'Authorization',
  good: `Bearer ${'g'.repeat(40)}`,
  revoked: 'Bearer r',
};

/** A server that answers `statuses[authorization]`, else `otherwise`. */
async function server(t: ExecutionContext, otherwise: number, revoked: number, body: object = ME) {
  const http = createServer(({ headers: { authorization } }, response) => {
    const known = { [PROBES.good]: 200, [PROBES.revoked]: revoked };
    response.statusCode = known[authorization ?? ''] ?? otherwise;
    response.end(JSON.stringify(body));
  }).listen(0, '127.0.0.1');
  await once(http, 'listening');
  t.teardown(() => {
    http.close();
    http.closeAllConnections();
  });
  return (http.address() as AddressInfo).port;
}

function row(checks: Row['checks']): Row {
  return { ...(ROWS[0] as Row), checks };
}

test('a server that behaves as its row describes passes', async (t) => {
  await t.notThrowsAsync(probe(row('revocation'), await server(t, 401, 401), PROBES));
  await t.notThrowsAsync(probe(row('nothing'), await server(t, 200, 200), PROBES));
});

test('a server that accepts a token that its row refuses does not pass', async (t) => {
  const lets = await server(t, 401, 200);
  await t.throwsAsync(probe(row('revocation'), lets, PROBES), {
    instanceOf: WrongAnswer,
    message: /answered 200 to a revoked token, not 401/,
  });
  await t.throwsAsync(probe(row('revocation'), await server(t, 200, 200), PROBES), {
    instanceOf: WrongAnswer,
    message: /answered 200 to no credential/,
  });
});

test('a server that answers another body does not', async (t) => {
  const { email: _, ...less } = ME;
  await t.throwsAsync(probe(row('revocation'), await server(t, 401, 401, less), PROBES), {
    instanceOf: WrongAnswer,
    message: /the fields company_id,id,name,roles,session_id/,
  });
});
