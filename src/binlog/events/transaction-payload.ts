import { TailraceError } from '../../core/errors.ts';
import type { Frame } from '../../core/frame.ts';
import type { EventHeader, TransactionPayloadEvent } from '../event.ts';
import { EventReader } from '../event-reader.ts';
import { FrameSplitter } from '../frame-splitter.ts';
import { decompressZstd } from '../../lib/zstd.ts';
import { inflateZstdPieces } from '../zstd.ts';

/*
 * Transaction payload (40): the events of a transaction behind its GTID, compressed as one.
 *
 *   fields of type, length (both length-encoded), value, up to type 0:
 *     1 size of the payload · 2 compression: 0 zstd, 255 none · 3 size when inflated
 *     (each value a length-encoded integer)
 *   payload: whole events without checksums
 *
 * Source: MySQL `Transaction_payload_event` (control_events.h), libs/mysql/binlog/event/codecs.
 */

const FIELD = { END: 0, PAYLOAD_SIZE: 1, COMPRESSION: 2, UNCOMPRESSED_SIZE: 3 } as const;
const COMPRESSION = { ZSTD: 0, NONE: 255 } as const;

/** Above this a payload is inflated piece by piece. */
const STREAM_ABOVE_BYTES = 16 * 1024 * 1024;

export function decodeTransactionPayload(
  frame: Frame,
  header: EventHeader,
): TransactionPayloadEvent {
  const reader = EventReader.ofBody(frame, 'transaction payload');
  const fields = readFields(reader);
  const size = fields.get(FIELD.PAYLOAD_SIZE);
  const compression = fields.get(FIELD.COMPRESSION) ?? COMPRESSION.NONE;
  if (size !== reader.remaining) throw reader.invalid('its payload has another length');
  if (compression !== COMPRESSION.ZSTD && compression !== COMPRESSION.NONE) {
    throw reader.invalid(`compression ${compression} is not known`);
  }
  const uncompressedBytes = fields.get(FIELD.UNCOMPRESSED_SIZE) ?? size;
  const payload = reader.view(size);
  const pieces =
    compression === COMPRESSION.NONE
      ? () => [payload]
      : () => inflatedPieces(payload, uncompressedBytes);
  return {
    kind: 'transaction-payload',
    header,
    uncompressedBytes,
    frames: () => framesOf(pieces(), uncompressedBytes),
  };
}

function readFields(reader: EventReader): Map<number, number> {
  const fields = new Map<number, number>();
  for (;;) {
    const type = reader.lengthEncoded();
    if (type === FIELD.END) return fields;
    fields.set(type, reader.sub(reader.lengthEncoded()).lengthEncoded());
  }
}

/** Lazy, so that whatever goes wrong does so inside `guarded`. */
function* inflatedPieces(
  payload: Buffer,
  uncompressedBytes: number,
): Generator<Buffer, void, undefined> {
  if (uncompressedBytes > STREAM_ABOVE_BYTES) yield* inflateZstdPieces(payload);
  else yield decompressZstd(payload, uncompressedBytes);
}

function* framesOf(
  pieces: Iterable<Buffer>,
  uncompressedBytes: number,
): Generator<Frame, void, undefined> {
  const splitter = new FrameSplitter();
  let total = 0;
  for (const piece of guarded(pieces)) {
    total += piece.length;
    if (total > uncompressedBytes) break;
    yield* splitter.push(piece);
  }
  if (total !== uncompressedBytes || splitter.heldBytes > 0) {
    throw undecodable('it inflates to another length than it says', undefined);
  }
}

/** Whatever the inflater throws means that the payload is damaged. */
function* guarded(pieces: Iterable<Buffer>): Generator<Buffer, void, undefined> {
  const iterator = pieces[Symbol.iterator]();
  for (;;) {
    const next = nextOf(iterator);
    if (next.done === true) return;
    yield next.value;
  }
}

function nextOf(iterator: Iterator<Buffer>): IteratorResult<Buffer> {
  try {
    return iterator.next();
  } catch (error) {
    throw undecodable("it can't be inflated", error);
  }
}

function undecodable(why: string, cause: unknown): TailraceError {
  return new TailraceError('SOURCE_EVENT_UNDECODABLE', `A transaction payload event: ${why}`, {
    cause,
  });
}
