import { waitFor } from '../../scripts/dev/wait-for.ts';
import { send } from '../helpers/server.ts';

/** Returns what `/readyz` says of the lease of a server. */
export async function readLease(url: string): Promise<string> {
  return (await send(`${url}/readyz`)).body.checks.lease.detail;
}

/** Returns the milliseconds for which the lease of a server holds; 0 if it does not. */
async function readLeaseLeft(url: string): Promise<number> {
  const [, left] = /^The lease holds for (\d+) ms$/.exec(await readLease(url)) ?? [];
  return Number(left ?? 0);
}

/** Waits until a server holds a lease of more than `left` milliseconds. */
export function untilHeld(url: string, left = 0): Promise<unknown> {
  return waitFor('A lease', async () => (await readLeaseLeft(url)) > left);
}
