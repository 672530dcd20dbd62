import type { SourceConfig } from '../config/schema.ts';
import { TailraceError } from '../core/errors.ts';
import { parsePositionRequest } from '../core/position-parse.ts';
import type { Position, PositionRequest } from '../core/position.ts';
import { resolveOn } from './resolve-on.ts';

/** Where a command ends by itself; undefined: it does not. */
export type Until = 'head' | PositionRequest | undefined;

export function parseUntil(text: string | undefined): Until {
  if (text === undefined || text === 'head') return text;
  const request = parseRequest(text);
  if (request.kind === 'now') return 'head';
  if (request.kind !== 'earliest') return request;
  throw unknown(text);
}

function parseRequest(text: string): PositionRequest {
  try {
    return parsePositionRequest(text);
  } catch (cause) {
    throw unknown(text, cause);
  }
}

function unknown(text: string, cause?: unknown): TailraceError {
  return new TailraceError('USAGE', `--until ${text} is no place to end at.`, {
    next: 'Use --until head, file:offset, a GTID set, or an ISO time with zone.',
    cause,
  });
}

/** The place that was asked for; it may still be to come, except for a time. undefined: none, or the head. */
export function untilResolver(
  until: Until,
  source: SourceConfig,
): ((signal: AbortSignal) => Promise<Position>) | undefined {
  if (until === undefined || until === 'head') return undefined;
  const { kind } = until;
  if (kind === 'gtid') {
    // Where in the files it is does not matter.
    const coordinates = { file: '', offset: 0 };
    return () => Promise.resolve({ kind, gtidSet: until.gtidSet, coordinates });
  }
  if (kind === 'coordinates') return () => Promise.resolve(until);
  return (signal) => resolveOn(source, until, signal);
}

/** Where positions of a binlog mean nothing, `head` is all that can be asked for. */
export function isOnlyHead(until: Until): boolean {
  if (until === undefined || until === 'head') return until === 'head';
  throw new TailraceError('USAGE', '--until takes head alone here.', { next: 'Use --until head.' });
}
