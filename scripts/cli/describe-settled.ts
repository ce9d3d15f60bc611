import type { SilentServer } from '../../lib/store/followers/events.ts';
import type { Settled } from '../../lib/store/followers/settle.ts';
import { toPrintable } from './table.ts';

/** Returns a line about the servers that have a revocation; undefined if none follows, since all others read anyway. */
export function describeSettled({ followers, reached, silent }: Settled): string | undefined {
  if (followers === 0) return undefined;
  if (silent.length > 0) return describePart(followers, reached, silent);
  return followers === 1
    ? 'The one server that follows has it.'
    : `All ${followers} servers that follow have it.`;
}

function describePart(followers: number, reached: number, silent: readonly SilentServer[]): string {
  const names = silent.map(({ host, version }) => toPrintable(`${host} (${version})`)).join(', ');
  if (followers === 1)
    return `The one server that follows did not confirm it; its lease has ended: ${names}. ${ADVICE}`;
  const others =
    silent.length === 1 ? 'the lease of the other has' : 'the leases of the others have';
  return `${reached} of ${followers} servers that follow have it; ${others} ended: ${names}. ${ADVICE}`;
}

const ADVICE = 'To see who still follows: npm run followers';
