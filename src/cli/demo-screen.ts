import type { Writable } from 'node:stream';
import type { DemoSample, DemoView } from '../task/demo.ts';
import { sparkline } from './sparkline.ts';

const BAR_WIDTH = 28;
const LINE_EVERY_SECONDS = 2;

const count = (value: number): string => Math.round(value).toLocaleString('en-US');

export function formatMs(ms: number): string {
  return ms < 1000 ? `${Math.max(1, Math.round(ms))} ms` : `${(ms / 1000).toFixed(1)} s`;
}

/** A panel that is drawn over itself on a terminal, plain lines elsewhere. */
export function createDemoView(output: Writable): DemoView {
  const isTerminal = 'isTTY' in output && output.isTTY === true;
  return isTerminal ? new DemoPanel(output) : new DemoLines(output);
}

class DemoLines implements DemoView {
  readonly #output: Writable;
  #nextSeconds = 0;

  constructor(output: Writable) {
    this.#output = output;
  }

  event(text: string): void {
    this.#output.write(`• ${text}\n`);
  }

  sample({ elapsedSeconds, written, applied, lagMs }: DemoSample): void {
    if (elapsedSeconds < this.#nextSeconds) return;
    this.#nextSeconds = elapsedSeconds + LINE_EVERY_SECONDS;
    this.#output.write(
      `  ${elapsedSeconds.toFixed(0).padStart(2)} s  ` +
        `source ${count(written.rows)} rows (${count(written.rowsPerSecond)}/s)  ` +
        `target ${count(applied.rows)} rows (${count(applied.rowsPerSecond)}/s)  ` +
        `lag ${formatMs(lagMs)}\n`,
    );
  }

  close(): void {
    // Nothing is drawn over.
  }
}

/** Events scroll by above, the last lines stay where they are. */
class DemoPanel implements DemoView {
  readonly #output: Writable;
  readonly #lags: number[] = [];
  #peak = 1;
  #last: DemoSample | undefined;
  #drawnLines = 0;

  constructor(output: Writable) {
    this.#output = output;
  }

  event(text: string): void {
    this.#erase();
    this.#output.write(`• ${text}\n`);
    this.#draw();
  }

  sample(sample: DemoSample): void {
    this.#last = sample;
    this.#lags.push(sample.lagMs);
    if (this.#lags.length > BAR_WIDTH) this.#lags.shift();
    const { written, applied } = sample;
    this.#peak = Math.max(this.#peak, written.rowsPerSecond, applied.rowsPerSecond);
    this.#erase();
    this.#draw();
  }

  close(): void {
    this.#erase();
    this.#last = undefined;
  }

  #erase(): void {
    if (this.#drawnLines > 0) this.#output.write(`\u001b[${this.#drawnLines}A\u001b[J`);
    this.#drawnLines = 0;
  }

  #draw(): void {
    if (this.#last === undefined) return;
    const { written, applied, lagMs, elapsedSeconds, totalSeconds, isReplicating } = this.#last;
    const rest = Math.max(0, totalSeconds - elapsedSeconds);
    const state = isReplicating ? '' : '   replicator is down';
    const lines = [
      '',
      `  source  ${bar(written.rowsPerSecond / this.#peak)}  ${rates(written)}`,
      `  target  ${bar(applied.rowsPerSecond / this.#peak)}  ${rates(applied)}`,
      `  lag     ${lagSparks(this.#lags)}  ${formatMs(lagMs).padStart(8)}`,
      `  ${rest > 0 ? `${Math.ceil(rest)} s to go` : 'catching up'}${state}`,
    ];
    this.#output.write(`${lines.join('\n')}\n`);
    this.#drawnLines = lines.length;
  }
}

function rates({ rows, rowsPerSecond }: DemoSample['written']): string {
  return `${count(rowsPerSecond).padStart(8)} rows/s  ${count(rows).padStart(10)} rows`;
}

function bar(share: number): string {
  const full = Math.round(Math.min(1, share) * BAR_WIDTH);
  return '█'.repeat(full) + '░'.repeat(BAR_WIDTH - full);
}

/** By powers of ten, since a crash is a thousand times what is usual: 1 ms to 10 s. */
function lagSparks(values: readonly number[]): string {
  const shares = values.map((value) => Math.log10(Math.max(1, value)) / 4);
  return sparkline(shares).padStart(BAR_WIDTH);
}
