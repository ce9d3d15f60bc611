export const LOWEST_COST = 10;
export const HIGHEST_COST = 14;

/** The pattern of a bcrypt hash at a cost from 10 to 14, without anchors. It is also valid in PCRE, for `$regex`. */
export const USABLE_HASH = String.raw`\$2[aby]\$1[0-4]\$[./A-Za-z0-9]{53}`;

const FORM = new RegExp(`^${USABLE_HASH}$`);

/** Returns true for a bcrypt hash at a cost from 10 to 14. Lower costs are too weak, higher costs too slow. */
export function isUsableHash(hash: unknown): hash is string {
  return typeof hash === 'string' && FORM.test(hash);
}
