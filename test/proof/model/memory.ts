/** Something remembered, with the version at which the read of it began and the registration that it belongs to. */
interface Remembered<Value> {
  readonly value: Value;
  readonly version: number;
  readonly registration: string;
}

/** The keys that decide about a token: its own entry, the entry of all tokens of its user, and the user's document. */
export interface Token {
  readonly id: string;
  readonly user: string;
}

/** Returns the key of the entry that revokes all tokens of a user. */
export function cutoffOf(user: string): string {
  return `all-of-${user}`;
}

/** Reads that were made, and the versions at which something about them changed. */
export class Memory<Value> {
  /** The number of changes so far. */
  version = 0;
  readonly #remembered = new Map<string, Remembered<Value>>();
  readonly #changed = new Map<string, number>();
  #everything = 0;

  remember(token: Token, value: Value, version: number, registration: string): void {
    this.#remembered.set(token.id, { value, version, registration });
  }

  /** Returns what is remembered of a token under this registration, unless anything about it has changed since. */
  recall(token: Token, registration: string): Value | undefined {
    const found = this.#remembered.get(token.id);
    if (found?.registration !== registration) return undefined;
    return this.hasChanged(token, found.version) ? undefined : found.value;
  }

  hasChanged(token: Token, since: number): boolean {
    const keys = [token.id, cutoffOf(token.user), token.user];
    return this.#everything > since || keys.some((key) => (this.#changed.get(key) ?? 0) > since);
  }

  /** Notes that a document has changed. */
  change(key: string): void {
    this.#changed.set(key, ++this.version);
  }

  /** Notes that anything may have changed. */
  changeEverything(): void {
    this.#everything = ++this.version;
  }

  /** Hands all that is remembered over to another registration, which no follower may do. */
  keep(registration: string): void {
    for (const [id, found] of this.#remembered) {
      this.#remembered.set(id, { ...found, registration });
    }
  }

  clear(): void {
    this.#remembered.clear();
  }
}
