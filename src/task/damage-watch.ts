import { TailraceError } from '../core/errors.ts';

/** So often the same place is read, over connections of their own, before its file is to blame. */
const READS = 5;

/**
 * Tells an event that was damaged on its way from one that is damaged in the source's file: the first
 * is whole when it is read again, the second never is, and who waits for it waits without an end.
 * (MySQL 5.7 writes such a file itself: the head of a rows-query event that its cache has no room for.)
 */
export class DamageWatch {
  #place: string | undefined;
  #reads = 0;

  /** The error to go by: the one given, or what it has shown itself to be. */
  judge(error: TailraceError): TailraceError {
    if (error.code !== 'SOURCE_CORRUPT_EVENT') return error;
    const place = error.place.coordinates;
    this.#reads = place === this.#place ? this.#reads + 1 : 1;
    this.#place = place;
    if (this.#reads < READS || place === undefined) return error;
    const text = `read ${READS} times, always damaged: ${error.message}`;
    return new TailraceError('SOURCE_BINLOG_DAMAGED', text, { place: error.place, cause: error });
  }
}
