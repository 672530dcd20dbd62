import type { Writable } from 'node:stream';

/** What a terminal tells of itself. */
export interface Terminal extends Writable {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
}

const ENTER = '\u001b[?1049h\u001b[?25l';
const LEAVE = '\u001b[?25h\u001b[?1049l';
/** A terminal that knows them shows a frame when it is whole. */
const FRAME = ['\u001b[?2026h', '\u001b[?2026l'] as const;
const HOME = '\u001b[H';
const REST_OF_LINE = '\u001b[K';
const REST_OF_SCREEN = '\u001b[J';

/**
 * A screen that is drawn over itself: in the terminal's second buffer, so that what was there before comes back; line
 * over line and never cleared, so that it does not flicker.
 */
export class LiveScreen {
  readonly #output: Terminal;
  readonly #onResize: () => void;

  constructor(output: Terminal, onResize: () => void) {
    this.#output = output;
    this.#onResize = onResize;
    output.write(ENTER);
    output.on('resize', this.#onResize);
  }

  draw(lines: readonly string[]): void {
    const height = this.#output.rows ?? lines.length;
    const hidden = lines.length - height;
    const fitting =
      hidden > 0 ? [...lines.slice(0, height - 1), `… ${hidden + 1} more lines`] : lines;
    const body = fitting.map((line) => `${line}${REST_OF_LINE}`).join('\r\n');
    this.#output.write(`${FRAME[0]}${HOME}${body}${REST_OF_SCREEN}${FRAME[1]}`);
  }

  /** The terminal is as it was. */
  close(): void {
    this.#output.off('resize', this.#onResize);
    this.#output.write(LEAVE);
  }
}
