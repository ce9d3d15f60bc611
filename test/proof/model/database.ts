import { type Change, type CollectionName, type Entry, Log } from './log.ts';
import type { Network } from './network.ts';
import { Node } from './node.ts';
import type { Process } from './process.ts';
import type { VirtualTime } from './virtual-time.ts';

/** The time after which a client takes a command or its reply for lost. */
const TIMEOUT = 4;

export type Concern =
  | { readonly level: 'local' }
  | { readonly level: 'majority'; readonly after: number }
  | { readonly level: 'linearizable' };

/** The documents of a node as they were at a clusterTime. */
export interface View {
  readonly log: Log;
  readonly time: number;
}

/** The outcome of a write that was acknowledged by a majority. */
export interface Written {
  /** The operationTime of the reply: the clusterTime of the entry. */
  readonly time: number;
  readonly isMatched: boolean;
}

export type Draft = Pick<Entry, 'operation' | 'changes' | 'collection'>;

interface Write {
  readonly process: Process;
  readonly command: number;
  /** Returns the entry to append, or undefined where no document matches. */
  readonly draft: (view: View) => Draft | undefined;
  readonly done: (written: Written | undefined) => void;
  readonly attempted: () => void;
}

/** The entries without a majority that are lost, and those with one of which the new primary does not know yet. */
interface Election {
  readonly rolledBack: number;
  readonly unknown: number;
}

/** A replica set, seen from outside: the primary, and for a while a former primary that was cut off from the others. */
export class Database {
  readonly network: Network;
  readonly time: VirtualTime;
  leader: Node;
  /** The former primary. It acknowledges nothing any more, and does not know. */
  cutOff: Node | undefined;
  /** The first clusterTime after which a feed can be resumed. */
  oldest = 0;
  /** The ways that lead to the former primary: `F0 read`. */
  #astray: ReadonlySet<string> = new Set();
  #commands = 0;
  #committed: number;
  #lastCommit = 0;

  constructor(time: VirtualTime, network: Network, initial: readonly Change[]) {
    const log = new Log();
    for (const change of initial) log.append({ command: 0, operation: 'write', changes: [change] });
    this.time = time;
    this.network = network;
    this.leader = new Node(log, log.end);
    this.#committed = log.end;
  }

  /** Writes at majority. As the driver does, it tries a second time where a reply is missing. */
  write(
    process: Process,
    draft: Write['draft'],
    done: Write['done'],
    attempted: Write['attempted'] = () => {},
  ): void {
    this.#attempt({ process, command: ++this.#commands, draft, done, attempted }, 2);
  }

  read<T>(
    process: Process,
    concern: Concern,
    query: (view: View) => T,
    done: (found: T | undefined) => void,
  ): void {
    const failed = (): void => done(undefined);
    this.send(process, 'read', failed, (node) => {
      const reply = (time: number): void => {
        const found = query({ log: node.log, time });
        this.#answer(process, () => done(found), failed);
      };
      const fail = (): void => this.#answer(process, failed, failed);
      if (concern.level === 'local') reply(node.log.end);
      else if (concern.level === 'majority')
        this.#readMajority(process, node, concern.after, reply, fail);
      else this.#readLinearizable(process, node, query, done);
    });
  }

  /** Leads other ways to the former primary, while there is one. */
  lead(astray: readonly string[]): void {
    this.#astray = new Set(astray);
  }

  /** Elects another primary. Entries that no majority has may be lost, and the newest majority may not be known yet. */
  elect(election: Election): void {
    const former = this.leader;
    this.#succeed(election);
    former.breakConnections();
  }

  /** Cuts the primary off, together with some ways to it, and elects another one. */
  cut(until: number, election: Election & { readonly astray: readonly string[] }): void {
    if (this.cutOff !== undefined) return;
    const former = this.leader;
    this.cutOff = former;
    this.#astray = new Set(election.astray);
    this.#succeed(election);
    for (const stream of former.streams) {
      if (!this.#astray.has(`${stream.process.name} feed`)) stream.break();
    }
    this.time.at(until, () => {
      this.cutOff = undefined;
      former.breakConnections();
    });
  }

  /** Sends a command to the node that this process takes for the primary. */
  send(
    process: Process,
    kind: 'read' | 'write' | 'feed',
    failed: () => void,
    serve: (node: Node) => void,
  ): void {
    const { name } = process;
    if (this.network.isLost(name, 'command')) process.run(TIMEOUT, failed);
    else {
      const leg = kind === 'feed' ? 'open' : 'command';
      this.time.after(this.network.delay(name, leg), () => {
        const isAstray = this.cutOff !== undefined && this.#astray.has(`${name} ${kind}`);
        serve(isAstray ? (this.cutOff ?? this.leader) : this.leader);
      });
    }
  }

  reply(process: Process, action: () => void, failed: () => void): void {
    if (this.network.isLost(process.name, 'reply')) process.run(TIMEOUT, failed);
    else process.run(this.network.delay(process.name, 'reply'), action);
  }

  #answer(process: Process, action: () => void, failed: () => void): void {
    if (this.network.isLost(process.name, 'answer')) process.run(TIMEOUT, failed);
    else process.run(this.network.delay(process.name, 'answer'), action);
  }

  #attempt(write: Write, left: number): void {
    const { process } = write;
    const failed = (): void => {
      if (left > 1) this.#attempt(write, left - 1);
      else write.done(undefined);
    };
    process.run(this.network.delay(process.name, 'pool'), () => {
      write.attempted();
      this.send(process, 'write', failed, (node) => this.#execute(node, write, failed));
    });
  }

  /** Executes a write once: a second attempt finds the entry of the first. */
  #execute(node: Node, { process, command, draft, done }: Write, failed: () => void): void {
    const executed = node.log.findCommand(command);
    const entry = executed === undefined ? draft({ log: node.log, time: node.log.end }) : undefined;
    const isMatched = executed !== undefined || entry !== undefined;
    const time =
      entry === undefined ? (executed ?? node.log.end) : this.#append(node, command, entry);
    node.whenKnown(
      time,
      () => this.reply(process, () => done({ time, isMatched }), failed),
      () => this.reply(process, failed, failed),
    );
  }

  #append(node: Node, command: number, draft: Draft): number {
    const time = node.log.append({ ...draft, command });
    const delay = this.network.delay('*', 'replication');
    this.#lastCommit = Math.max(this.#lastCommit, this.time.now + delay);
    this.time.at(this.#lastCommit, () => {
      if (node !== this.leader) return;
      this.#committed = Math.max(this.#committed, time);
      node.advance(time);
    });
    return time;
  }

  #readMajority(
    process: Process,
    node: Node,
    after: number,
    reply: (time: number) => void,
    failed: () => void,
  ): void {
    const serve = (): void => reply(this.network.snapshot(process.name, after, node.known));
    node.whenKnown(after, serve, failed);
  }

  /** Reads what the node has, and returns it once a majority has confirmed that this node is the primary. */
  #readLinearizable<T>(
    process: Process,
    node: Node,
    query: (view: View) => T,
    done: (found: T | undefined) => void,
  ): void {
    const failed = (): void => done(undefined);
    const fail = (): void => this.#answer(process, failed, failed);
    const { log } = node;
    const found = query({ log, time: log.end });
    if (node !== this.leader) fail();
    else node.whenKnown(log.end, () => this.#answer(process, () => done(found), failed), fail);
  }

  #succeed({ rolledBack, unknown }: Election): void {
    const { log } = this.leader;
    const kept = Math.max(this.#committed, log.end - rolledBack);
    this.leader = new Node(log.fork(kept), Math.max(1, this.#committed - unknown));
    this.#append(this.leader, 0, { operation: 'no-op', changes: [] });
  }
}

/** Makes the draft of an entry that writes one document. */
export function writeOne(change: Change): Draft {
  return { operation: 'write', changes: [change] };
}

/** Makes the draft of an entry that deletes all documents of a collection at once. */
export function dropAll({ log, time }: View, collection: CollectionName): Draft {
  const changes = [...log.list(collection, time).keys()].map(
    (key): Change => ({ collection, key, document: undefined }),
  );
  return { operation: 'drop', collection, changes };
}
