/** How a screen may look: where it goes decides. */
export interface Look {
  /** Lines are cut to it; undefined: they are not, whoever reads them wants all. */
  readonly width: number | undefined;
  readonly hasColor: boolean;
}

const COLORS = { bad: '31;1', warn: '33', note: '36', good: '32', dim: '2', bold: '1' } as const;
export type Tone = keyof typeof COLORS;

export function paint(text: string, tone: Tone, { hasColor }: Look): string {
  return hasColor && text !== '' ? `\u001b[${COLORS[tone]}m${text}\u001b[0m` : text;
}

/** Colours, and characters that would move the cursor. */
const UNSEEN = /\u001b\[[\d;]*m|\p{Cc}/gu;
const ELLIPSIS = '…';

/** At most so many characters, not counting colours. */
export function clip(line: string, width: number | undefined): string {
  if (width === undefined || line.replace(UNSEEN, '').length <= width) return line;
  let left = width - ELLIPSIS.length;
  // What comes after keeps its colour changes, so that none goes on into the next line.
  const cut = line.replace(/(\u001b\[[\d;]*m)|(.)/gsu, (_, color: string | undefined, char) => {
    if (color !== undefined) return color;
    left -= 1;
    return left >= 0 ? String(char) : '';
  });
  return `${cut}${ELLIPSIS}`;
}

/** What others wrote (a server's error text) must not steer the terminal. */
export function harmless(text: string): string {
  return text.replaceAll(/\p{Cc}+/gu, ' ');
}
