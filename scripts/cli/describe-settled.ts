import type { Settled } from '../../lib/store/followers/settle.ts';

/** Returns a line about the servers that have a revocation; undefined if none follows, since all others read anyway. */
export function describeSettled({ followers, reached }: Settled): string | undefined {
  if (followers === 0) return undefined;
  if (reached < followers) return describePart(followers, reached);
  return followers === 1
    ? 'The one server that follows has it.'
    : `All ${followers} servers that follow have it.`;
}

function describePart(followers: number, reached: number): string {
  if (followers === 1)
    return `The one server that follows did not confirm it; its lease has ended.`;
  const others =
    followers - reached === 1 ? 'the lease of the other has' : 'the leases of the others have';
  return `${reached} of ${followers} servers that follow have it; ${others} ended. ${ADVICE}`;
}

const ADVICE = 'To see which: npm run followers';
