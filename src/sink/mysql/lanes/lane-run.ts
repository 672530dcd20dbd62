import type { CheckpointStep } from '../../../core/checkpoint.ts';
import type { PacketRunner } from '../packet-runner.ts';
import type { Packet } from '../plan.ts';
import type { TargetSession } from '../target-session.ts';
import type { TargetTransaction } from '../target-transaction.ts';

export interface LaneRunParts {
  readonly session: TargetSession;
  readonly transaction: TargetTransaction;
  readonly packets: PacketRunner;
  /** It is committed or rolled back. */
  readonly onEnded: () => void;
}

/**
 * A group that runs ahead of its turn. Its rows are written, then it waits; only in its turn may it move the checkpoint
 * and commit. Whatever goes wrong before that is no fault of the group's yet (what comes before it is not committed):
 * it is rolled back and done again in its turn, where faults are looked into.
 */
export class LaneRun {
  /** False: it is rolled back. Never rejects. */
  readonly isReady: Promise<boolean>;
  readonly #parts: LaneRunParts;
  #isGivenUp = false;
  #undoing: Promise<void> | undefined;

  constructor(parts: LaneRunParts, packets: Iterable<Packet>) {
    this.#parts = parts;
    this.isReady = this.#execute(packets);
  }

  /** It will not be done so. */
  get isGivenUp(): boolean {
    return this.#isGivenUp;
  }

  /** Rolled back once this resolves. */
  async giveUp(): Promise<void> {
    this.#isGivenUp = true;
    if (await this.isReady) await this.#undo();
  }

  /** In its turn. False: rolled back. Throws when it is not known whether it is committed. */
  async commit(step: CheckpointStep): Promise<boolean> {
    const { transaction, session } = this.#parts;
    try {
      await transaction.move(step);
    } catch {
      await this.#undo();
      return false;
    }
    try {
      await transaction.commit(step);
    } catch (thrown) {
      session.destroy();
      throw thrown;
    }
    this.#parts.onEnded();
    return true;
  }

  async #execute(packets: Iterable<Packet>): Promise<boolean> {
    const { transaction } = this.#parts;
    try {
      const problem = await this.#parts.packets.run(transaction, packets);
      // Given up meanwhile: whoever did that waits for it.
      if (problem === undefined) return true;
    } catch {
      // Done again in its turn.
    }
    await this.#undo();
    return false;
  }

  #undo(): Promise<void> {
    this.#isGivenUp = true;
    this.#undoing ??= this.#rollback();
    return this.#undoing;
  }

  async #rollback(): Promise<void> {
    const { transaction, session, onEnded } = this.#parts;
    try {
      await transaction.rollback();
    } catch {
      session.destroy();
    }
    onEnded();
  }
}
