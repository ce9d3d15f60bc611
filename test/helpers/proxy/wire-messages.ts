/** The messages between a driver and mongod, as far as a proxy between them has to know. All of it little-endian. */
import { BSON, type Document } from 'mongodb';

/** One message, of which `bytes` is all. */
export interface Message {
  readonly bytes: Buffer;
  readonly requestId: number;
  /** Of an answer: the `requestId` of its question. */
  readonly responseTo: number;
  /** The command, or what was answered to it; empty for an older kind of question, as connections open with. */
  readonly document: Document;
}

const HEADER = 16;
const OP_REPLY = 1;
const OP_MSG = 2013;

/** Numbers keep the type that they came with. */
const UNCHANGED = { promoteValues: false } as const;

/** Tells each message of what comes in piece by piece. */
export function messageReader(onMessage: (message: Message) => void) {
  let pending: Buffer = Buffer.alloc(0);
  return function read(chunk: Buffer): void {
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
    while (pending.length >= HEADER && pending.length >= pending.readInt32LE(0)) {
      const length = pending.readInt32LE(0);
      const bytes = pending.subarray(0, length);
      pending = pending.subarray(length);
      onMessage(parse(bytes));
    }
  };
}

function parse(bytes: Buffer): Message {
  const start = startOfDocument(bytes);
  return {
    bytes,
    requestId: bytes.readInt32LE(4),
    responseTo: bytes.readInt32LE(8),
    document: start === undefined ? {} : BSON.deserialize(documentAt(bytes, start), UNCHANGED),
  };
}

/** Of OP_MSG after the flags and the kind of the section; of OP_REPLY after flags, cursor, start and count. */
function startOfDocument(bytes: Buffer): number | undefined {
  const opCode = bytes.readInt32LE(12);
  if (opCode === OP_MSG) return HEADER + 4 + 1;
  return opCode === OP_REPLY ? HEADER + 4 + 8 + 4 + 4 : undefined;
}

function documentAt(bytes: Buffer, start: number): Buffer {
  return bytes.subarray(start, start + bytes.readInt32LE(start));
}

/** The same message with another document in it. */
export function withDocument({ bytes }: Message, document: Document): Buffer {
  const start = startOfDocument(bytes) ?? HEADER;
  const all = Buffer.concat([bytes.subarray(0, start), BSON.serialize(document)]);
  all.writeInt32LE(all.length, 0);
  return all;
}

/** An answer (OP_MSG) to this question. */
export function answerTo({ requestId }: Message, document: Document): Buffer {
  const head = Buffer.alloc(HEADER + 4 + 1);
  head.writeInt32LE(requestId, 4);
  head.writeInt32LE(requestId, 8);
  head.writeInt32LE(OP_MSG, 12);
  const all = Buffer.concat([head, BSON.serialize(document)]);
  all.writeInt32LE(all.length, 0);
  return all;
}
