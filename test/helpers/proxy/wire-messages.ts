/** The messages between a driver and mongod, as far as a proxy has to read them. All numbers are little-endian. */
import { BSON, type Document } from 'mongodb';

/** One message; `bytes` is all of it. */
export interface Message {
  readonly bytes: Buffer;
  readonly requestId: number;
  /** The `requestId` of the command, in a reply. */
  readonly responseTo: number;
  /** The command or the reply; empty for the older message kind that opens a connection. */
  readonly document: Document;
}

const HEADER = 16;
const OP_REPLY = 1;
const OP_MSG = 2013;

/** Numbers keep the type that they came with; a checksum may follow the document. */
const READING = { promoteValues: false, allowObjectSmallerThanBufferSize: true } as const;

/** Returns a reader of a stream in pieces, which passes each complete message on. */
export function readMessages(onMessage: (message: Message) => void) {
  let pending: Buffer = Buffer.alloc(0);
  return function read(piece: Buffer): void {
    pending = pending.length === 0 ? piece : Buffer.concat([pending, piece]);
    while (pending.length >= HEADER && pending.length >= pending.readInt32LE(0)) {
      const length = pending.readInt32LE(0);
      const bytes = pending.subarray(0, length);
      pending = pending.subarray(length);
      onMessage(parse(bytes));
    }
  };
}

function parse(bytes: Buffer): Message {
  const start = findDocument(bytes);
  return {
    bytes,
    requestId: bytes.readInt32LE(4),
    responseTo: bytes.readInt32LE(8),
    document: start === undefined ? {} : BSON.deserialize(bytes.subarray(start), READING),
  };
}

/** Returns the offset of the document: in OP_MSG after flags and section kind, in OP_REPLY after flags, cursor, start and count. */
function findDocument(bytes: Buffer): number | undefined {
  const opCode = bytes.readInt32LE(12);
  if (opCode === OP_MSG && bytes[HEADER + 4] === 0) return HEADER + 4 + 1;
  return opCode === OP_REPLY ? HEADER + 4 + 8 + 4 + 4 : undefined;
}

/** Returns the same message with another document. */
export function withDocument({ bytes }: Message, document: Document): Buffer {
  return createMessage(bytes.subarray(0, findDocument(bytes)), document);
}

/** Returns a reply (OP_MSG) to this command. */
export function createReply({ requestId }: Message, document: Document): Buffer {
  const head = Buffer.alloc(HEADER + 4 + 1);
  head.writeInt32LE(requestId, 4);
  head.writeInt32LE(requestId, 8);
  head.writeInt32LE(OP_MSG, 12);
  return createMessage(head, document);
}

function createMessage(head: Buffer, document: Document): Buffer {
  const bytes = Buffer.concat([head, BSON.serialize(document)]);
  bytes.writeInt32LE(bytes.length, 0);
  return bytes;
}
