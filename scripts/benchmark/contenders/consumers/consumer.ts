import type { Context } from '../../context.ts';
import type { Server } from '../../server.ts';
import type { Child } from '../../support/child.ts';

/** How the messages that a consumer reads are written. */
export type MessageForm = 'maxwell' | 'debezium';

export interface ConsumeRun {
  readonly context: Context;
  readonly target: Server;
  /** host:port */
  readonly broker: string;
  readonly topic: string;
  /** Different in each run. */
  readonly id: number;
}

/** A program that applies what a topic holds, from its first message to the last that is there, and ends. */
export interface Consumer {
  readonly name: string;
  readonly version: string;
  readonly note?: string;
  readonly form: MessageForm;
  /** A second line of tailrace: no rival. */
  readonly isAside?: true;
  start(run: ConsumeRun): Promise<Child>;
}
