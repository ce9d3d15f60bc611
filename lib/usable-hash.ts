export const LOWEST_COST = 10;
export const HIGHEST_COST = 14;

/** The form of a hash of bcrypt at a cost from 10 to 14, without anchors: PCRE reads it too. */
export const USABLE_HASH = String.raw`\$2[aby]\$1[0-4]\$[./A-Za-z0-9]{53}`;

const FORM = new RegExp(`^${USABLE_HASH}$`);

/** Tells a hash that a password may fit. A cost below the range is too weak to trust, one above could hold a thread for minutes. */
export function isUsableHash(hash: unknown): hash is string {
  return typeof hash === 'string' && FORM.test(hash);
}
