import type { Socket } from 'node:net';
import type { Document } from 'mongodb';
import { forwardAll, type Relay } from './connection.ts';
import { findOpeners } from './socket-owner.ts';
import { readMessages } from './wire-messages.ts';

export type CommandTap = ReturnType<typeof createCommandTap>;

/** Traffic that is held back until it is released, as if the network had delayed it. */
export interface Hold {
  /** The process whose traffic it is. */
  readonly pid: number;
  /** Selects commands on their way to MongoDB. Default: none. */
  readonly command?: (command: Document) => boolean;
  /** Holds back every answer on its way to the process. Default false. */
  readonly answers?: boolean;
}

/** Returns true if the process sent the command. */
type IsFrom = (pid: number) => boolean;

type Listener = (command: Document, isFrom: IsFrom) => void;

/** A tap for proxies in front of mongods: sees each command before MongoDB does, and can hold it back. Needs Linux to hold. */
export function createCommandTap() {
  const listeners = new Set<Listener>();
  let hold: Hold | undefined;
  let released = Promise.resolve();
  let release = () => {};

  function notify(commands: readonly Document[], isFrom: IsFrom): void {
    for (const command of commands) for (const listener of listeners) listener(command, isFrom);
  }

  /** Resolves once the piece with these commands, or with an answer, may go on. */
  async function admit(isFrom: IsFrom, commands?: readonly Document[]): Promise<void> {
    if (hold === undefined) return;
    const { command = () => false, answers = false } = hold;
    const isMeant = commands === undefined ? answers : commands.some(command);
    if (isMeant && isFrom(hold.pid)) await released;
  }

  function openRelay(client: Socket, server: Socket): Relay {
    const forward = forwardAll(client, server);
    const isFrom = createIsFrom(client);
    let commands: Document[] = [];
    const read = readMessages(({ document }) => commands.push(document));
    return {
      async fromClient(piece) {
        read(piece);
        const seen = commands;
        commands = [];
        notify(seen, isFrom);
        await admit(isFrom, seen);
        return forward.fromClient(piece);
      },
      async fromServer(piece) {
        await admit(isFrom);
        return forward.fromServer(piece);
      },
    };
  }

  return {
    openRelay,
    /** Calls the listener with each command before it reaches MongoDB. Returns a function that ends this. */
    listen(listener: Listener): () => void {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    /** Holds this traffic back from now on. */
    hold(next: Hold): void {
      hold = next;
      released = new Promise((resolve) => {
        release = resolve;
      });
    },
    /** Lets everything pass, and what was held back first. */
    release(): void {
      hold = undefined;
      release();
    },
  };
}

/** Creates a function that returns true if the process opened this connection. */
function createIsFrom({ localPort = 0, remotePort = 0 }: Socket): IsFrom {
  const known = new Map<number, boolean>();
  return (pid) => {
    const isFrom = known.get(pid) ?? findOpeners(localPort, [pid]).get(remotePort) === pid;
    known.set(pid, isFrom);
    return isFrom;
  };
}
