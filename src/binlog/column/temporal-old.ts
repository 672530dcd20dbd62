import { fractionText } from './digits.ts';
import { dateText, datetimeText, epochText, timeText } from './temporal-text.ts';

/*
 * Temporal types as they were before MySQL 5.6, and as tables keep them that were made then.
 *
 * TIME (11)       3 bytes LE, signed: hours * 10000 + minutes * 100 + seconds
 * DATETIME (12)   8 bytes LE: YYYYMMDDhhmmss as a decimal number
 * TIMESTAMP (7)   4 bytes LE: seconds since 1970; 0 is the zero timestamp
 *
 * MariaDB with mysql56_temporal_format=OFF has the same types with d fractional digits, which the table
 * map does not tell (the column's definition does). All big endian, counted in units of the last
 * digit:
 *
 * TIME(d)       3, 4, 4, 5, 5, 5, 6 bytes for d = 0–6: hours, minutes and seconds in units of the last
 *               digit, plus the middle: (838 * 3600 + 59 * 60 + 59 + 1) seconds
 * DATETIME(d)   5, 6, 6, 7, 7, 7, 8 bytes: ((((year * 13 + month) * 32 + day) * 24 + hour) * 60 +
 *               minute) * 60 + second, in units of the last digit
 * TIMESTAMP(d)  4 bytes of seconds, then 0, 1, 1, 2, 2, 3, 3 bytes of fraction
 *
 * Source: MySQL sql/field.cc, Field_time, Field_datetime, Field_timestamp; MariaDB sql/field.cc,
 * Field_time_hires, Field_datetime_hires, Field_timestamp_hires.
 */

const HIRES_TIME_BYTES = [3, 4, 4, 5, 5, 5, 6] as const;
const HIRES_DATETIME_BYTES = [5, 6, 6, 7, 7, 7, 8] as const;
const HIRES_FRACTION_BYTES = [0, 1, 1, 2, 2, 3, 3] as const;
const HIRES_TIME_MIDDLE_SECONDS = 838n * 3600n + 59n * 60n + 60n;

export function hiresTimeByteLength(digits: number): number {
  return HIRES_TIME_BYTES[digits] ?? 0;
}

export function hiresDatetimeByteLength(digits: number): number {
  return HIRES_DATETIME_BYTES[digits] ?? 0;
}

export function hiresTimestampByteLength(digits: number): number {
  return 4 + (HIRES_FRACTION_BYTES[digits] ?? 0);
}

export function readOldTime(bytes: Uint8Array, at: number): string {
  const bits = (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16);
  const value = (bits << 8) >> 8;
  const magnitude = Math.abs(value);
  const minutes = Math.floor(magnitude / 100);
  const text = timeText(Math.floor(minutes / 100), minutes % 100, magnitude % 100);
  return value < 0 ? `-${text}` : text;
}

/** A number of up to 8 bytes; beyond 2^53 no date is that large. */
function readLittleEndian(bytes: Uint8Array, at: number, length: number): number {
  let value = 0;
  for (let i = at + length - 1; i >= at; i--) value = value * 256 + (bytes[i] ?? 0);
  return value;
}

export function readOldDatetime(bytes: Uint8Array, at: number): string {
  const value = readLittleEndian(bytes, at, 8);
  const date = Math.floor(value / 1_000_000);
  const time = value - date * 1_000_000;
  const months = Math.floor(date / 100);
  const minutes = Math.floor(time / 100);
  return datetimeText(
    dateText(Math.floor(months / 100), months % 100, date % 100),
    Math.floor(minutes / 100),
    minutes % 100,
    time % 100,
  );
}

export function readOldTimestamp(bytes: Uint8Array, at: number): string {
  const seconds = readLittleEndian(bytes, at, 4);
  return seconds === 0 ? '0000-00-00 00:00:00' : epochText(seconds);
}

function readBigEndian(bytes: Uint8Array, at: number, length: number): bigint {
  let value = 0n;
  for (let i = at; i < at + length; i++) value = (value << 8n) | BigInt(bytes[i] ?? 0);
  return value;
}

export function readHiresTime(bytes: Uint8Array, at: number, digits: number): string {
  const unit = 10n ** BigInt(digits);
  const stored = readBigEndian(bytes, at, hiresTimeByteLength(digits));
  const value = stored - HIRES_TIME_MIDDLE_SECONDS * unit;
  const magnitude = value < 0n ? -value : value;
  const seconds = Number(magnitude / unit);
  const minutes = Math.floor(seconds / 60);
  const text = timeText(Math.floor(minutes / 60), minutes % 60, seconds % 60);
  return `${value < 0n ? '-' : ''}${text}${fractionText(Number(magnitude % unit), digits)}`;
}

export function readHiresDatetime(bytes: Uint8Array, at: number, digits: number): string {
  const unit = 10n ** BigInt(digits);
  const stored = readBigEndian(bytes, at, hiresDatetimeByteLength(digits));
  const seconds = Number(stored / unit);
  const days = Math.floor(seconds / 86_400);
  const minutes = Math.floor((seconds % 86_400) / 60);
  const months = Math.floor(days / 32);
  const date = dateText(Math.floor(months / 13), months % 13, days % 32);
  const text = datetimeText(date, Math.floor(minutes / 60), minutes % 60, seconds % 60);
  return text + fractionText(Number(stored % unit), digits);
}

export function readHiresTimestamp(bytes: Uint8Array, at: number, digits: number): string {
  const seconds = Number(readBigEndian(bytes, at, 4));
  const fraction = Number(readBigEndian(bytes, at + 4, HIRES_FRACTION_BYTES[digits] ?? 0));
  const text = seconds === 0 && fraction === 0 ? '0000-00-00 00:00:00' : epochText(seconds);
  return text + fractionText(fraction, digits);
}
