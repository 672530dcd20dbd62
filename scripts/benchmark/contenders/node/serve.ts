/**
 * The reading programs' common part: answers lines `read FILE POSITION MARK` on standard input with
 * `done {rows,sum}` once the mark has been read, or `failed REASON`.
 */
import { createInterface } from 'node:readline';

export interface Span {
  readonly file: string;
  readonly position: number;
  /** Read on until the row of `end_mark` with this number, or a later one. */
  readonly mark: number;
}

export interface Counted {
  readonly rows: number;
  /** Of the first column over the last image of each row. */
  readonly sum: number;
}

export interface Server {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly serverId: number;
}

export const MARKS = 'end_mark';

export function serverFromArguments(): Server {
  const [port, serverId] = process.argv.slice(2).map(Number);
  if (port === undefined || serverId === undefined)
    throw new Error('PORT and SERVER_ID are missing');
  return { host: '127.0.0.1', port, user: 'root', serverId };
}

export function serve(read: (span: Span) => Promise<Counted>): void {
  createInterface({ input: process.stdin })
    .on('line', (line) => {
      const [, file = '', position, mark] = line.split(' ');
      read({ file, position: Number(position), mark: Number(mark) }).then(
        (counted) => {
          console.log(`done ${JSON.stringify(counted)}`);
        },
        (error: unknown) => {
          const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
          console.log(`failed ${text.replaceAll('\n', ' ')}`);
        },
      );
    })
    .on('close', () => {
      process.exit(0);
    });
  console.log('ready');
}
