import type { OwnedTarget } from '../owned-target.ts';
import { PacketRunner } from '../packet-runner.ts';
import type { Packet } from '../plan.ts';
import { StatementRunner } from '../statement-runner.ts';
import type { TargetTable } from '../target-table.ts';
import { TargetTransaction } from '../target-transaction.ts';
import type { LaneMark } from './lane-mark.ts';
import { LaneRun } from './lane-run.ts';

/** A connection of its own on which one group at a time runs ahead of its turn. */
export class Lane {
  readonly number: number;
  readonly #target: OwnedTarget<LaneMark>;
  readonly #packets: PacketRunner;
  #isBusy = false;

  constructor(number: number, target: OwnedTarget<LaneMark>, watched: WeakSet<TargetTable>) {
    this.number = number;
    this.#target = target;
    this.#packets = new PacketRunner({
      runner: new StatementRunner(watched),
      maxTextBytes: target.session.maxTextBytes,
      onSent: () => undefined,
      // Found out again in its turn.
      onImagesRefused: () => undefined,
    });
  }

  get isAlive(): boolean {
    return this.#target.session.isAlive;
  }

  get isFree(): boolean {
    return !this.#isBusy && this.isAlive;
  }

  run(packets: Iterable<Packet>): LaneRun {
    this.#isBusy = true;
    const parts = {
      session: this.#target.session,
      transaction: new TargetTransaction(this.#target, undefined),
      packets: this.#packets,
      onEnded: () => {
        this.#isBusy = false;
      },
    };
    return new LaneRun(parts, packets);
  }

  /** The server ends a session that says nothing for long. */
  sayHello(): void {
    if (this.isFree) this.#target.session.run('DO 0').catch(() => undefined);
  }

  /** At once; the server rolls back what is not committed. */
  async close(): Promise<void> {
    const { session } = this.#target;
    if (this.isFree) await session.close();
    else session.destroy();
  }
}
