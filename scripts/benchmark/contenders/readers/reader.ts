import type { Context } from '../../context.ts';
import type { Server } from '../../server.ts';
import type { ChildOptions } from '../../support/child.ts';

/** A program that reads a binlog over the network, decodes every value, and counts. */
export interface Reader {
  readonly name: string;
  readonly version: string;
  /** Whether it compares each event's checksum. */
  readonly verifiesCrc: boolean;
  /** Reads a twentieth of each recording only. */
  readonly isSlow?: boolean;
  /** Why it can't take part with this server or workload, when that is known beforehand. */
  refuses?(server: Server, workload: string): string | undefined;
  /** Installs what it needs and tells how it is started. */
  command(context: Context, server: Server, serverId: number): Promise<ChildOptions>;
}
