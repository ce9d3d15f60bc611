/** Every broken variant of a rule, in words. A comment says what the rules are about. */
export const BROKEN_RULES = {
  // The lease
  'lease-from-the-end': 'the lease counts from the moment at which a renewal comes back',
  'lease-from-the-acknowledgement':
    'an acknowledged renewal prolongs the lease, in place of the feed',
  'lease-from-an-empty-batch':
    'an acknowledged renewal and then any batch of the feed prolong the lease',
  'began-after-the-pool': 'a renewal begins when its last attempt got a connection',
  'lease-by-wall-alone': 'the lease ends by the wall clock alone',
  'lease-by-mono-alone': 'the lease ends by the monotonic clock alone',
  'lease-ends-apart':
    'the end by each clock moves forward by itself, in place of both ends of the newest renewal',
  'lease-checked-before-the-read':
    'the lease is checked before a read begins, and not by who joins it',
  // The decision and the memory
  'decided-from-the-read': 'what a read returns is accepted without a look at the versions',
  'version-at-the-return': 'a read is remembered at the version at which it returned',
  'fill-from-before-the-registration': 'a read that began before the registration fills the memory',
  'memory-kept-over-a-registration': 'a new registration keeps the memory',
  'fills-read-local': 'the memory is filled by local reads',
  'fills-read-without-position': 'the memory is filled by majority reads without afterClusterTime',
  'missing-user-refused-from-memory': 'a missing user is refused without a strict read',
  'disabled-user-refused-from-memory': 'a disabled user is refused without a strict read',
  // The position and the registration
  'position-before-applied':
    'the position moves when an event is taken from the batch, before it is applied',
  'position-of-the-batch': 'the position moves to the end of a batch when the batch arrives',
  'position-zero': 'the own insert does not move the position',
  'live-before-the-own-insert': 'a follower is registered once its insert is acknowledged',
  'registered-before-the-feed': 'a follower registers first and opens its feed afterwards',
  // The feed
  'filter-on-updated-fields': 'an update of a user without updatedFields is filtered out',
  'renames-by-source': 'a rename is matched by the name it had, not by the one it gets',
  'sentinel-delete-left-out': 'the delete of the sentinel is filtered out like any other',
  // Trouble
  'resume-from-the-drivers-token':
    'a feed is resumed after the event that came last, applied or not',
  'resume-without-a-token': 'a feed is opened anew and the memory kept',
  'unmatched-renewal-ignored': 'a renewal that matched no document counts as done',
  'deleted-before-the-lease-ends':
    'a follower that stops deletes its document while its lease holds',
  // Settling
  'followers-read-local': 'who settles reads the followers locally',
  'followers-read-before-t': 'who settles reads the followers without afterClusterTime',
  'settle-joins-a-read': 'who settles goes by a read of the followers that began before the write',
  'first-of-two-entries': 'two entries are settled for the time of the first',
  'one-time-for-two-entries':
    'two entries are written in one transaction, hence with one clusterTime',
  'command-does-not-wait': 'a command answers without settling',
  'not-following-does-not-wait': 'a server that does not follow answers without settling',
  'refused-without-settling':
    'a revocation that somebody else has written is confirmed without settling',
  'settle-by-own-lease':
    'who settles waits for its own lease, not for the longest of the documents',
  'settle-without-tenth': 'who settles waits for the lease without a tenth more',
  'settle-by-wall': 'who settles measures its wait by the wall clock',
  // Stale documents
  'delete-without-renewals': 'a stale document is deleted whatever its renewals are by now',
  'delete-by-own-lease': 'a document is stale by the lease of who looks at it',
  'delete-without-tenth': 'a document is stale after its lease without a tenth more',
  'time-over-failed-reads': 'a document grows stale while the database is away',
  // Strict reads
  'login-at-majority': 'a login reads at majority',
} as const;

export type BrokenRule = keyof typeof BROKEN_RULES;

/** The rules of one run: all of them hold but one, or all. */
export class Rules {
  readonly #broken: BrokenRule | undefined;

  constructor(broken?: BrokenRule) {
    this.#broken = broken;
  }

  isBroken(rule: BrokenRule): boolean {
    return this.#broken === rule;
  }
}
