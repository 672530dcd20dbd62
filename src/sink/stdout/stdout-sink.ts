import type { Writable } from 'node:stream';
import type { StoredState } from '../../core/checkpoint.ts';
import { TailraceError } from '../../core/errors.ts';
import type { Delivery, Sink } from '../../core/sink.ts';
import { createDeferred } from '../../lib/deferred.ts';
import { untilAborted } from '../../lib/until-aborted.ts';
import type { MessageEncoder } from '../../message/encoder.ts';
import {
  headersOf,
  TransactionMessages,
  type PlacedMessage,
} from '../../message/transaction-messages.ts';

export interface StdoutSinkOptions {
  readonly encoder: MessageEncoder;
  readonly task: string;
  /** Default: standard output. */
  readonly output?: Writable;
  /** Lines of `{"key":…,"value":…,"headers":…}` instead of the value alone. */
  readonly keys?: boolean;
  readonly ddl?: boolean;
  /** See `TransactionMessagesOptions.truncates`. */
  readonly truncates?: boolean;
  /** Milliseconds since 1970. Default: the clock. */
  readonly now?: () => number;
}

/** Lines are put together up to this length before they are written. */
const CHUNK_CHARACTERS = 64 * 1024;

/**
 * Prints one message a line. It keeps no state: a transaction is done when its lines were handed to
 * the operating system. A reader that goes away (a closed pipe) ends it cleanly: `closed` resolves, and
 * what comes after is taken and dropped.
 *
 * Tombstones print nothing: they are for topics that are compacted.
 */
export class StdoutSink implements Sink {
  readonly name = 'stdout';
  /** The reader has gone. */
  readonly closed: Promise<void>;
  readonly #output: Writable;
  readonly #messages: TransactionMessages;
  readonly #hasKeys: boolean;
  readonly #task: string;
  #isClosed = false;
  #failure: Error | undefined;
  #chunk = '';
  #onWritable: (() => void) | undefined;

  constructor(options: StdoutSinkOptions) {
    this.#output = options.output ?? process.stdout;
    this.#hasKeys = options.keys ?? false;
    this.#task = options.task;
    this.#messages = new TransactionMessages({
      encoder: options.encoder,
      ddl: options.ddl ?? false,
      truncates: options.truncates ?? false,
      now: options.now ?? Date.now,
    });
    this.closed = new Promise((resolve) => {
      this.#watch(resolve);
    });
  }

  open(): Promise<StoredState | undefined> {
    return Promise.resolve(undefined);
  }

  async write(batch: readonly Delivery[], signal: AbortSignal): Promise<void> {
    for (const { transaction, ticket } of batch) {
      for (const placed of this.#messages.of(transaction)) {
        this.#append(placed);
        if (this.#chunk.length >= CHUNK_CHARACTERS) await this.#flush(signal);
      }
      await this.#flush(signal);
      ticket.ack();
    }
  }

  /** The operating system has all of it: an output that fails late (a full disk) shows here. */
  async drain(): Promise<void> {
    if (!this.#isClosed && this.#failure === undefined) {
      await new Promise<void>((resolve) => {
        this.#output.write('', (error) => {
          if (error instanceof Error) this.#fail(error);
          resolve();
        });
      });
    }
    if (this.#failure !== undefined) throw this.#failure;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #append(placed: PlacedMessage): void {
    const { key, value } = placed.message;
    if (this.#isClosed || value === null) return;
    this.#chunk += this.#hasKeys
      ? `{"key":${key === null ? 'null' : asJson(key)},"value":${value},` +
        `"headers":${JSON.stringify(headersOf(this.#task, placed))}}\n`
      : `${value}\n`;
  }

  async #flush(signal: AbortSignal): Promise<void> {
    const chunk = this.#chunk;
    this.#chunk = '';
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#isClosed || chunk === '') return;
    if (!this.#output.write(chunk)) await this.#writable(signal);
    // The wait may have ended by a failure, which only the listener learnt of.
    const failure = this.#failure as Error | undefined;
    if (failure !== undefined) throw failure;
  }

  /** Until the output takes more, has gone, or the signal says stop. */
  async #writable(signal: AbortSignal): Promise<void> {
    const writable = createDeferred<undefined>();
    this.#onWritable = () => {
      writable.resolve(undefined);
    };
    try {
      await untilAborted(writable.promise, signal);
    } finally {
      this.#onWritable = undefined;
    }
  }

  #fail(error: NodeJS.ErrnoException): void {
    if (error.code === 'EPIPE' || error.code === 'ERR_STREAM_DESTROYED') this.#isClosed = true;
    else {
      const message = `Standard output cannot be written: ${error.message}`;
      const next = 'See where the output goes: is the disk full?';
      this.#failure ??= new TailraceError('STATE_UNUSABLE', message, { cause: error, next });
    }
  }

  #watch(closed: () => void): void {
    this.#output.on('drain', () => this.#onWritable?.());
    this.#output.on('error', (error: NodeJS.ErrnoException) => {
      this.#fail(error);
      if (this.#isClosed) closed();
      this.#onWritable?.();
    });
    this.#output.on('close', () => {
      this.#isClosed = true;
      // After a failure it is closed too; that is not a reader that has gone.
      if (this.#failure === undefined) closed();
      this.#onWritable?.();
    });
  }
}

/** Keys are JSON, but for Maxwell's random keys of DDL, which are bare text. */
function asJson(key: string): string {
  return key.startsWith('{') || key.startsWith('[') ? key : JSON.stringify(key);
}
