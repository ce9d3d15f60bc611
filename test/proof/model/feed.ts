import { ChangeStream, type FeedEvent } from './change-stream.ts';
import type { Database } from './database.ts';
import { isFollowed } from './feed-filter.ts';
import type { Process } from './process.ts';
import type { Rules } from './rules.ts';

interface FeedParts {
  readonly process: Process;
  readonly database: Database;
  readonly rules: Rules;
  /** The id of the follower's own document. */
  readonly ownId: string;
}

interface FeedHandlers {
  readonly opened: () => void;
  /** A batch has arrived, maybe an empty one. */
  readonly received: () => void;
  readonly apply: (event: FeedEvent) => void;
  readonly failed: (reason: 'broken' | 'lost') => void;
}

/** The feed of one registration. It applies one event a turn, and knows how far it has come. */
export class Feed {
  /** Rule 4: the clusterTime of the last event that was applied, own ones included. */
  position = 0;
  readonly #parts: FeedParts;
  readonly #handlers: FeedHandlers;
  #stream: ChangeStream | undefined;
  /** The events of the last batch that are not applied yet. */
  #unapplied: FeedEvent[] = [];
  #resumeAfter = 0;

  constructor(parts: FeedParts, handlers: FeedHandlers) {
    this.#parts = parts;
    this.#handlers = handlers;
  }

  open(after?: number): void {
    const { database, process, ownId, rules } = this.#parts;
    const { opened, failed } = this.#handlers;
    const matches = (event: FeedEvent) => isFollowed(event, ownId, rules);
    const stream = new ChangeStream(database, process, matches, {
      opened: () => {
        opened();
        stream.more();
      },
      batch: (events) => this.#receive(stream, events),
      failed,
    });
    this.#stream = stream;
    stream.open(after);
  }

  /** Rule 5: opens the feed again, after the last event that was applied. */
  resume(): void {
    const { rules } = this.#parts;
    const [next] = this.#unapplied;
    this.close();
    const isAhead = next !== undefined && rules.isBroken('resume-from-the-drivers-token');
    const after = isAhead ? next.token : this.#resumeAfter;
    this.open(rules.isBroken('resume-without-a-token') ? undefined : after);
  }

  close(): void {
    this.#stream?.close();
    this.#stream = undefined;
    this.#unapplied = [];
  }

  #receive(stream: ChangeStream, events: readonly FeedEvent[]): void {
    if (this.#parts.rules.isBroken('position-of-the-batch')) {
      this.position = events.at(-1)?.time ?? this.position;
    }
    this.#handlers.received();
    this.#unapplied = [...events];
    this.#applyNext(stream);
  }

  /** Applies one event a turn, then asks for the next batch. */
  #applyNext(stream: ChangeStream): void {
    const { process, database, rules } = this.#parts;
    const [event] = this.#unapplied;
    if (event === undefined) {
      stream.more();
      return;
    }
    if (rules.isBroken('position-before-applied')) this.position = event.time;
    process.run(database.network.delay(process.name, 'turn'), () => {
      if (this.#stream !== stream) return;
      this.#unapplied.shift();
      this.#handlers.apply(event);
      this.#resumeAfter = event.token;
      if (!this.#isFirstInsert(event)) this.position = event.time;
      if (this.#stream === stream) this.#applyNext(stream);
    });
  }

  /** Tells the event that does not move the position, by a broken rule. */
  #isFirstInsert({ collection }: FeedEvent): boolean {
    const isFirst = this.position === 0 && collection === 'followers';
    return isFirst && this.#parts.rules.isBroken('position-zero');
  }
}
