import type { Context } from '../context.ts';
import type { Reader } from '../contenders/readers/reader.ts';
import type { ContenderResult, Measure } from '../report/results.ts';
import type { Server } from '../server.ts';
import { Child } from '../support/child.ts';
import { load } from '../support/machine.ts';
import { cpuMs, peakRssKb } from '../support/process-usage.ts';
import type { Tally } from '../workloads/recorder.ts';

/** Where a recording begins, and what a reader finds up to its last mark, or up to the first. */
export interface Recording {
  readonly file: string;
  readonly position: number;
  readonly whole: Tally;
  readonly short: Tally | undefined;
  readonly bytes: number;
}

export interface LaneOptions {
  readonly context: Context;
  readonly source: Server;
  readonly workload: string;
  readonly recording: Recording;
  readonly reader: Reader;
  readonly serverId: number;
}

const READ_TIMEOUT_MS = 180_000;
const START_TIMEOUT_MS = 60_000;
/** A round at scale 1 reads again until so much has passed: connecting is no part of what is measured. */
const ROUND_MS = 5000;

/**
 * One reading program, alive for all rounds, so that none is measured cold: a replica runs for months.
 * Each round reads the recording, over a connection of its own, as often as it takes to fill some seconds.
 */
export class Lane {
  readonly #options: LaneOptions;
  readonly #measures: Measure[] = [];
  #child: Child | undefined;
  #absent: string | undefined;

  private constructor(options: LaneOptions) {
    this.#options = options;
  }

  static async open(options: LaneOptions): Promise<Lane> {
    const lane = new Lane(options);
    const { reader, source, workload } = options;
    lane.#absent = reader.refuses?.(source, workload);
    if (lane.#absent === undefined) await lane.#start();
    return lane;
  }

  get result(): ContenderResult {
    const { reader } = this.#options;
    const notes = [
      ...(reader.verifiesCrc ? [] : ['does not verify checksums']),
      ...(this.#readsShort ? ['reads a twentieth of it'] : []),
    ];
    return {
      name: reader.name,
      version: reader.version,
      ...(notes.length === 0 ? {} : { note: notes.join('; ') }),
      ...(this.#absent === undefined ? {} : { absent: this.#absent }),
      measures: this.#measures,
    };
  }

  async warmUp(): Promise<void> {
    if (this.#child === undefined) return;
    try {
      const counted = await this.#read(this.#child);
      const wrong = this.#wrong(counted);
      if (wrong !== undefined) throw new Error(wrong);
    } catch (error) {
      await this.#giveUp(error);
    }
  }

  async measure(round: number): Promise<void> {
    const { context, source, workload, reader } = this.#options;
    if (this.#child === undefined) return;
    const { pid } = this.#child;
    const [ownBefore, serverBefore, started] = [cpuMs(pid), cpuMs(source.pid), performance.now()];
    try {
      const { rows, wrong } = await this.#readOften(this.#child, started);
      const ms = performance.now() - started;
      const perRow = (cpu: number): number => (cpu * 1000) / rows;
      const measure: Measure =
        wrong !== undefined
          ? { round, void: wrong }
          : {
              round,
              rows,
              ms,
              rowsPerSecond: (rows * 1000) / ms,
              contenderMicrosPerRow: perRow(cpuMs(pid) - ownBefore),
              serverMicrosPerRow: perRow(cpuMs(source.pid) - serverBefore),
              peakRssMb: peakRssKb(pid) / 1024,
              load: load(),
            };
      this.#measures.push(measure);
      const rate = measure.void ?? `${Math.round(measure.rowsPerSecond ?? 0)} rows/s`;
      context.say(`  ${workload} round ${round} ${reader.name}: ${rate}`);
    } catch (error) {
      this.#measures.push({ round, void: shortText(error) });
      await this.#giveUp(error);
    }
  }

  async close(): Promise<void> {
    this.#child?.endInput();
    await this.#child?.stop();
  }

  get #readsShort(): boolean {
    return this.#options.reader.isSlow === true && this.#options.recording.short !== undefined;
  }

  get #expected(): Tally {
    const { whole, short } = this.#options.recording;
    return this.#readsShort && short !== undefined ? short : whole;
  }

  async #start(): Promise<void> {
    const { reader, context, source, serverId } = this.#options;
    try {
      const child = new Child(await reader.command(context, source, serverId));
      this.#child = child;
      context.onEnd(() => child.stop('SIGKILL'));
      await child.line(/^ready$/, START_TIMEOUT_MS);
    } catch (error) {
      await this.#giveUp(error);
    }
  }

  async #readOften(
    child: Child,
    started: number,
  ): Promise<{ rows: number; wrong: string | undefined }> {
    const roundMs = ROUND_MS * Math.min(1, this.#options.context.options.scale);
    let rows = 0;
    let wrong: string | undefined;
    do {
      const counted = await this.#read(child);
      rows += counted.rows;
      wrong ??= this.#wrong(counted);
    } while (wrong === undefined && performance.now() - started < roundMs);
    return { rows, wrong };
  }

  async #read(child: Child): Promise<{ rows: number; sum: number }> {
    const { file, position } = this.#options.recording;
    const answer = child.line(/^(done|failed) (.*)/, READ_TIMEOUT_MS);
    child.send(`read ${file} ${position} ${this.#readsShort ? 1 : 2}`);
    const [, outcome, text = ''] = await answer;
    if (outcome !== 'done') throw new Error(text);
    return JSON.parse(text) as { rows: number; sum: number };
  }

  #wrong(counted: { rows: number; sum: number }): string | undefined {
    const { rows, sum } = this.#expected;
    if (counted.rows === rows && counted.sum === sum) return undefined;
    return `counted ${counted.rows} rows (sum ${counted.sum}) of ${rows} (${sum})`;
  }

  /** It takes no further part: what it said stands in the report. */
  async #giveUp(error: unknown): Promise<void> {
    const { context, reader } = this.#options;
    this.#absent = shortText(error);
    context.say(`  ${reader.name} takes no part: ${this.#absent}`);
    await this.#child?.stop('SIGKILL');
    this.#child = undefined;
  }
}

export function shortText(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replaceAll(/\s+/g, ' ').slice(0, 300);
}
