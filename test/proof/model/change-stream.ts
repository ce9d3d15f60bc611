import type { Database } from './database.ts';
import type { Change, CollectionName, Entry } from './log.ts';
import type { Node } from './node.ts';
import type { Process } from './process.ts';

export interface FeedEvent {
  /** The place after which a feed can be resumed: events of one clusterTime have different ones. */
  readonly token: number;
  /** The clusterTime. */
  readonly time: number;
  readonly operation: 'write' | 'pipeline' | 'delete' | 'drop' | 'rename';
  readonly collection: CollectionName;
  readonly key?: string;
  readonly document?: Change['document'];
}

export interface StreamHandlers {
  /** The first batch is there, so the stream is open. */
  readonly opened: () => void;
  readonly batch: (events: readonly FeedEvent[]) => void;
  /** The connection broke, or the oplog no longer has the place to resume after. */
  readonly failed: (reason: 'broken' | 'lost') => void;
}

const BATCH = 4;
/** The time after which a stream without events returns an empty batch. */
const MAX_AWAIT = 2;

/**
 * A change stream of one node. It begins at what the node has applied, or after a token, and returns what a majority has
 * in batches, each when it is asked for.
 */
export class ChangeStream {
  readonly process: Process;
  readonly #database: Database;
  readonly #matches: (event: FeedEvent) => boolean;
  readonly #handlers: StreamHandlers;
  #node: Node | undefined;
  #cursor = 0;
  #isClosed = false;
  #isAsked = false;
  #asked = 0;

  constructor(
    database: Database,
    process: Process,
    matches: (event: FeedEvent) => boolean,
    handlers: StreamHandlers,
  ) {
    this.#database = database;
    this.process = process;
    this.#matches = matches;
    this.#handlers = handlers;
  }

  open(after?: number): void {
    const failed = (): void => this.#fail('broken');
    this.#database.send(this.process, 'feed', failed, (node) => {
      if (this.#isClosed) return;
      if (after !== undefined && after < this.#database.oldest) {
        this.#database.reply(this.process, () => this.#fail('lost'), failed);
        return;
      }
      this.#cursor = after ?? node.log.end;
      this.#node = node;
      node.streams.add(this);
      this.#database.reply(this.process, () => this.#whileOpen(this.#handlers.opened), failed);
    });
  }

  /** Asks for the next batch. */
  more(): void {
    if (this.#isClosed) return;
    const asked = ++this.#asked;
    this.#isAsked = true;
    this.pump();
    if (!this.#isAsked) return;
    this.#database.time.after(MAX_AWAIT, () => {
      if (this.#isAsked && asked === this.#asked) this.#deliver([]);
    });
  }

  /** Returns a batch where one is asked for and there are events. */
  pump(): void {
    if (!this.#isAsked || this.#node === undefined) return;
    const { known, log } = this.#node;
    const batch: FeedEvent[] = [];
    for (let time = Math.floor(this.#cursor); time <= known && batch.length < BATCH; time++) {
      const entry = log.at(time);
      if (entry === undefined) continue;
      const events = toEvents(entry, time).filter(({ token }) => token > this.#cursor);
      batch.push(...events.filter(this.#matches));
      this.#cursor = Math.max(this.#cursor, events.at(-1)?.token ?? time);
    }
    if (batch.length > 0) this.#deliver(batch);
  }

  close(): void {
    this.#isClosed = true;
    this.#isAsked = false;
    this.#node?.streams.delete(this);
  }

  /** Ends the stream from the side of the database. */
  break(): void {
    const failed = (): void => this.#fail('broken');
    this.#isAsked = false;
    this.#node?.streams.delete(this);
    this.#node = undefined;
    this.#database.reply(this.process, failed, failed);
  }

  #deliver(batch: readonly FeedEvent[]): void {
    this.#isAsked = false;
    const delay = this.#database.network.delay(this.process.name, 'events');
    this.process.run(delay, () => this.#whileOpen(() => this.#handlers.batch(batch)));
  }

  #fail(reason: 'broken' | 'lost'): void {
    if (this.#isClosed) return;
    this.close();
    this.#handlers.failed(reason);
  }

  #whileOpen(action: () => void): void {
    if (!this.#isClosed) action();
  }
}

function toEvents({ operation, collection, changes }: Entry, time: number): FeedEvent[] {
  if (operation === 'no-op') return [];
  if (operation === 'drop' || operation === 'rename') {
    return collection === undefined ? [] : [{ token: time, time, operation, collection }];
  }
  return changes.map(({ collection, key, document }, index) => ({
    token: time + index / 2,
    time,
    operation: document === undefined ? 'delete' : operation,
    collection,
    key,
    document,
  }));
}
