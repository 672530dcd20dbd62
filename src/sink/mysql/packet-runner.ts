import type { TailraceError } from '../../core/errors.ts';
import { isServerErrno } from '../../server/error-from-server.ts';
import type { ImagesPacket, Packet } from './plan.ts';
import type { Problem, StatementRunner } from './statement-runner.ts';
import type { TargetTransaction } from './target-transaction.ts';

export interface PacketRunnerOptions {
  readonly runner: StatementRunner;
  readonly maxTextBytes: number;
  /** All of the first packet is on its way. */
  readonly onSent: () => void;
  /** The target takes no row images of these tables, whatever their rows. */
  readonly onImagesRefused: (packet: ImagesPacket, error: TailraceError) => void;
}

/** Sends a group's packets one after the other, up to the first whose answer is not what was expected. */
export class PacketRunner {
  readonly #options: PacketRunnerOptions;

  constructor(options: PacketRunnerOptions) {
    this.#options = options;
  }

  async run(
    target: TargetTransaction,
    packets: Iterable<Packet>,
  ): Promise<Problem | 'too-large' | 'images' | undefined> {
    const { maxTextBytes, onSent } = this.#options;
    let onWritten = onSent;
    for (const packet of packets) {
      if (packet.sql.length > maxTextBytes) return 'too-large';
      if (packet.kind === 'images') await target.prepareAlone(packet.sql.length);
      const problem = await this.#runPacket(target, packet, onWritten);
      onWritten = () => undefined;
      if (problem !== undefined) return problem;
    }
    return undefined;
  }

  async #runPacket(
    target: TargetTransaction,
    packet: Packet,
    onWritten: () => void,
  ): Promise<Problem | 'images' | undefined> {
    if (packet.kind === 'statements') {
      return this.#options.runner.run(target, packet.statements, {
        text: packet.sql,
        onWritten,
      });
    }
    return (await this.#runImages(target, packet, onWritten)) ? undefined : 'images';
  }

  /** False: the target refused them. Unless that is about rows (then replaying names the row), it would again. */
  async #runImages(
    target: TargetTransaction,
    packet: ImagesPacket,
    onWritten: () => void,
  ): Promise<boolean> {
    const failure = await this.#options.runner.runImages(target, packet, onWritten);
    if (failure === undefined) return true;
    if (!isServerErrno(failure, ...ROW_ERRNOS)) this.#options.onImagesRefused(packet, failure);
    return false;
  }
}

/** Duplicate keys, a row that is not there, foreign keys: about rows, not about how they came. */
const ROW_ERRNOS = [1022, 1032, 1062, 1216, 1217, 1451, 1452, 1557, 1586, 1761, 1762] as const;
