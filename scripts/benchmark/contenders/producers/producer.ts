import type { Context } from '../../context.ts';
import type { BinlogPlace } from '../../dialect.ts';
import type { Server } from '../../server.ts';
import type { Child } from '../../support/child.ts';

/** One run: an empty topic, a source whose binlog is read from `from` on. */
export interface ProduceRun {
  readonly context: Context;
  readonly source: Server;
  readonly from: BinlogPlace;
  /** host:port */
  readonly broker: string;
  readonly topic: string;
  /** Different in each run: nothing of an earlier one may be found. */
  readonly id: number;
  /** Shortest waits instead of largest batches. */
  readonly lowLatency: boolean;
}

/** A program that sends changed rows to Kafka, mostly one a message, acknowledged by all replicas. */
export interface Producer {
  readonly name: string;
  readonly version: string;
  readonly note?: string;
  /** The topic's count of messages is not that of rows. */
  readonly hasManyRowsInMessage?: true;
  start(run: ProduceRun): Promise<Child>;
}
