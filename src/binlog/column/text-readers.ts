import { readDecimal } from './decimal.ts';
import { readDate, readDatetime2, readTime2, readTimestamp2 } from './temporal.ts';
import {
  readHiresDatetime,
  readHiresTime,
  readHiresTimestamp,
  readOldDatetime,
  readOldTime,
  readOldTimestamp,
} from './temporal-old.ts';
import { inet4Text, inet6Text, uuidText } from './uuid-inet.ts';

/** What reads a value of fixed length as the server's text; the third argument is the layout's. */
export const TEXT_READERS = {
  decimal: readDecimal,
  date: readDate,
  time2: readTime2,
  datetime2: readDatetime2,
  timestamp2: readTimestamp2,
  oldTime: readOldTime,
  oldDatetime: readOldDatetime,
  oldTimestamp: readOldTimestamp,
  hiresTime: readHiresTime,
  hiresDatetime: readHiresDatetime,
  hiresTimestamp: readHiresTimestamp,
} as const satisfies Record<string, (bytes: Buffer, at: number, argument: number) => string>;

export type TextReader = keyof typeof TEXT_READERS;

/** The same for values without the zero bytes at their end: `bytes[start..end)`. */
export const FIXED_BINARY_READERS = {
  uuid: uuidText,
  inet4: inet4Text,
  inet6: inet6Text,
} as const satisfies Record<string, (bytes: Buffer, start: number, end: number) => string>;

export type FixedBinaryReader = keyof typeof FIXED_BINARY_READERS;
