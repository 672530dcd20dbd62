import { TailraceError } from './errors.ts';
import { parseAnyGtidSet, parseGtidSet } from './gtid-set-parse.ts';
import type { GtidSet } from './gtid-set.ts';
import {
  partitionName,
  type BinlogCoordinates,
  type KafkaPosition,
  type PartitionMark,
  type Position,
  type PositionRequest,
  type SourceMark,
} from './position.ts';

const COORDINATES = /^(\S+):(\d+)$/;
/** A binlog file's name ends in its number. */
const FILE_NAME = /^[^\s:]+\.\d+$/;
const ISO_TIME =
  /^(\d{4})-(\d{2})-(\d{2})T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:?\d{2})$/i;
const LOOKS_LIKE_TIME = /^\d{4}-\d{2}-\d{2}($|[T\s])/i;
/** Behind the magic number of a binlog file. */
const FIRST_OFFSET = 4;

/** Reads a position as operators write it: `now`, `earliest`, `file:offset`, a GTID set, an ISO time. */
export function parsePositionRequest(text: string): PositionRequest {
  const trimmed = text.trim();
  if (trimmed === '') throw invalid('the position is empty');
  const word = trimmed.toLowerCase();
  if (word === 'now') return { kind: 'now' };
  if (word === 'earliest') return { kind: 'earliest' };
  if (LOOKS_LIKE_TIME.test(trimmed)) return { kind: 'time', at: parseTime(trimmed) };
  const coordinates = parseCoordinates(trimmed);
  if (coordinates !== undefined) return { kind: 'coordinates', coordinates };
  return { kind: 'gtid', gtidSet: parseGtid(trimmed) };
}

/** `binlog.000003:4711`, or undefined when the text is something else. */
export function parseCoordinates(text: string): BinlogCoordinates | undefined {
  const match = COORDINATES.exec(text);
  const file = match?.[1] ?? '';
  if (match === null || !FILE_NAME.test(file)) return undefined;
  const offset = Number(match[2]);
  if (!Number.isSafeInteger(offset) || offset < FIRST_OFFSET) {
    throw invalid(`"${text}": the first event of a binlog file is at offset ${FIRST_OFFSET}`);
  }
  return { file, offset };
}

function parseGtid(text: string): GtidSet {
  try {
    return parseAnyGtidSet(text);
  } catch (error) {
    if (text.includes('-') && /[:,]|^\d+-/.test(text)) throw error;
    throw invalid(`"${text}" is no position`);
  }
}

function parseTime(text: string): Date {
  const match = ISO_TIME.exec(text);
  if (match === null) {
    throw invalid(`"${text}": a time needs T and a zone, like 2026-11-20T10:00:00Z`);
  }
  const at = new Date(text.toUpperCase());
  // JavaScript moves 31 February on to March without a word.
  const daysInMonth = new Date(Date.UTC(Number(match[1]), Number(match[2]), 0)).getUTCDate();
  if (Number.isNaN(at.getTime()) || Number(match[3]) > daysInMonth) {
    throw invalid(`"${text}" is no time that exists`);
  }
  return at;
}

interface SerializedPosition {
  readonly kind: Position['kind'];
  readonly file: string;
  readonly offset: number;
  readonly flavor?: 'mysql' | 'mariadb';
  readonly gtidSet?: string;
  readonly marks?: readonly SerializedMark[];
}

interface SerializedMark {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly sources: Readonly<Record<string, SourceMark>>;
}

function serializeMark({ topic, partition, offset, sources }: PartitionMark): SerializedMark {
  return { topic, partition, offset, sources: Object.fromEntries(sources) };
}

/** A position as JSON text, for stores. */
export function serializePosition(position: Position): string {
  return JSON.stringify(serializable(position));
}

function serializable(position: Position): SerializedPosition {
  const { kind, coordinates } = position;
  switch (kind) {
    case 'coordinates':
      return { kind, ...coordinates };
    case 'gtid': {
      const { gtidSet } = position;
      return { kind, ...coordinates, flavor: gtidSet.flavor, gtidSet: gtidSet.toString() };
    }
    case 'kafka': {
      const marks = [...position.offsets.values()].map(serializeMark);
      return { kind, ...coordinates, marks };
    }
  }
}

export function deserializePosition(text: string): Position {
  const read = readJson(text);
  const { kind, file, offset, flavor, gtidSet, marks } = read;
  if (typeof file !== 'string' || typeof offset !== 'number') throw notStored(text);
  const coordinates: BinlogCoordinates = { file, offset };
  if (kind === 'coordinates') return { kind, coordinates };
  if (kind === 'kafka') {
    return { kind, coordinates, offsets: deserializeMarks(marks as readonly SerializedMark[]) };
  }
  if (kind !== 'gtid' || typeof gtidSet !== 'string') throw notStored(text);
  if (flavor !== 'mysql' && flavor !== 'mariadb') throw notStored(text);
  return { kind, gtidSet: parseGtidSet(gtidSet, flavor), coordinates };
}

function deserializeMarks(marks: readonly SerializedMark[]): KafkaPosition['offsets'] {
  return new Map(
    marks.map((mark) => [
      partitionName(mark),
      { ...mark, sources: new Map(Object.entries(mark.sources)) },
    ]),
  );
}

function readJson(text: string): Record<string, unknown> {
  try {
    const read: unknown = JSON.parse(text);
    if (typeof read === 'object' && read !== null) return { ...read };
  } catch (cause) {
    throw notStored(text, cause);
  }
  throw notStored(text);
}

function notStored(text: string, cause?: unknown): TailraceError {
  return new TailraceError('POSITION_INVALID', `a stored position cannot be read: ${text}`, {
    cause,
  });
}

function invalid(message: string): TailraceError {
  return new TailraceError('POSITION_INVALID', message);
}
