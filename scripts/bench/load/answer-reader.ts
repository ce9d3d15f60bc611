import { completeResponse } from './response.ts';

/** Puts the packets of a connection together to answers, of which one at a time is awaited. */
export interface AnswerReader {
  /** Awaits an answer, and gives its status. */
  expect(onAnswer: (status: number) => void): void;
  /** Takes a packet, whose bytes are the caller's again afterwards. Throws for what is no answer. */
  take(packet: Buffer): void;
  /** Gives up the answer that is awaited, and tells whether one was. */
  giveUp(): boolean;
}

const NOTHING: Buffer = Buffer.alloc(0);

export function createAnswerReader(): AnswerReader {
  let onAnswer: ((status: number) => void) | undefined;
  let received = NOTHING;

  return {
    expect(answered) {
      onAnswer = answered;
    },

    take(packet) {
      const bytes = received.length === 0 ? packet : Buffer.concat([received, packet]);
      const response = completeResponse(bytes);
      if (response === undefined) {
        received = bytes === packet ? Buffer.from(packet) : bytes;
        return;
      }
      const answered = onAnswer;
      if (answered === undefined || response.length !== bytes.length) {
        throw new Error('more was answered than asked');
      }
      received = NOTHING;
      onAnswer = undefined;
      answered(response.status);
    },

    giveUp() {
      const wasAwaited = onAnswer !== undefined;
      onAnswer = undefined;
      return wasAwaited;
    },
  };
}
