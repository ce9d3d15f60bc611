import { ObjectId } from 'mongodb';

/** The position of an event in the trail, which is sorted by these two fields. */
export interface AuditPosition {
  readonly at: Date;
  readonly id: ObjectId;
}

const TIME_BYTES = 8;
const LENGTH = TIME_BYTES + 12;

/** Encodes the 20 bytes of a position in base64url. */
export function toCursor({ at, id }: AuditPosition): string {
  const bytes = Buffer.alloc(LENGTH);
  bytes.writeBigInt64BE(BigInt(at.getTime()));
  bytes.set(id.id, TIME_BYTES);
  return bytes.toString('base64url');
}

/** Decodes a cursor. Returns undefined for a text that is not a cursor. */
export function parseCursor(text: string): AuditPosition | undefined {
  const bytes = Buffer.from(text, 'base64url');
  if (bytes.length !== LENGTH || bytes.toString('base64url') !== text) return undefined;
  const at = new Date(Number(bytes.readBigInt64BE()));
  if (Number.isNaN(at.getTime())) return undefined;
  return { at, id: new ObjectId(bytes.subarray(TIME_BYTES)) };
}
