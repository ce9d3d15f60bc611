/** How figures are written, the same in every table. What was not measured is a dash. */
import type { Figure } from '../statistics.ts';

export const NOT_MEASURED = '–';

/** `12,345` */
export function whole(value: number | undefined): string {
  return isThere(value) ? Math.round(value).toLocaleString('en') : NOT_MEASURED;
}

/** Three digits that matter: `0.123`, `1.23`, `12.3`, `123`. */
export function short(value: number | undefined): string {
  if (!isThere(value)) return NOT_MEASURED;
  if (value === 0) return '0';
  const digits = Math.min(3, Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value)))));
  return value.toFixed(digits);
}

/** A share as `12 %`. */
export function percent(share: number | undefined): string {
  return isThere(share) ? `${Math.round(100 * share)} %` : NOT_MEASURED;
}

/** A ratio, or `unsteady` where its rounds differ too much to say one. */
export function ratio(figure: Figure | undefined): string {
  return figure?.isUnsteady ? 'unsteady' : short(figure?.median);
}

/** Bytes as `12.3 MB` (of 1,000,000). */
export function megabytes(bytes: number): string {
  return `${short(bytes / 1e6)} MB`;
}

function isThere(value: number | undefined): value is number {
  return value !== undefined && !Number.isNaN(value);
}
