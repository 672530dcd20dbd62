import { fractionText } from './digits.ts';
import { dateText, datetimeText, epochText, timeText } from './temporal-text.ts';

/*
 * Temporal types since MySQL 5.6 and MariaDB 10.1 (metadata: fractional digits d, 0–6). After the
 * fixed part come (d + 1) / 2 bytes of fraction: hundredths, ten-thousandths or millionths.
 *
 * DATE (10)       3 bytes LE: year << 9 | month << 5 | day
 * TIME2 (19)      3 bytes BE + fraction, as one number less its middle: hours << 12 | minutes << 6 | seconds
 * DATETIME2 (18)  5 bytes BE less 2^39: (year * 13 + month) << 22 | day << 17 | hour << 12 | minute << 6 | second
 * TIMESTAMP2 (17) 4 bytes BE: seconds since 1970, unsigned (MariaDB 11.5 and later go to 2106); 0 is the zero timestamp
 *
 * Source: MySQL sql-common/my_time.cc, my_*_to_binary().
 */

const TWO_24 = 0x100_0000;

export function fractionByteLength(digits: number): number {
  return (digits + 1) >> 1;
}

function readBigEndian(bytes: Uint8Array, at: number, length: number): number {
  let value = 0;
  for (let i = at; i < at + length; i++) value = value * 256 + (bytes[i] ?? 0);
  return value;
}

function readTwo(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}

function readThree(bytes: Uint8Array, at: number): number {
  return (readTwo(bytes, at) << 8) | (bytes[at + 2] ?? 0);
}

/** As it is stored. */
function readFraction(bytes: Uint8Array, at: number, digits: number): number {
  switch (fractionByteLength(digits)) {
    case 0:
      return 0;
    case 1:
      return bytes[at] ?? 0;
    case 2:
      return readTwo(bytes, at);
    default:
      return readThree(bytes, at);
  }
}

/** A fraction as it is stored in units of its last shown digit: an odd number of digits has a zero stored behind. */
function shownFraction(stored: number, digits: number): number {
  return (digits & 1) === 0 ? stored : Math.floor(stored / 10);
}

export function readDate(bytes: Uint8Array, at: number): string {
  const value = (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16);
  return dateText(value >> 9, (value >> 5) & 15, value & 31);
}

export function readTime2(bytes: Uint8Array, at: number, digits: number): string {
  const fractionBytes = fractionByteLength(digits);
  const unit = 256 ** fractionBytes;
  const value = readBigEndian(bytes, at, 3 + fractionBytes) - 0x80_0000 * unit;
  const magnitude = Math.abs(value);
  const whole = Math.floor(magnitude / unit);
  const fraction = shownFraction(magnitude - whole * unit, digits);
  const text =
    timeText(whole >> 12, (whole >> 6) & 63, whole & 63) + fractionText(fraction, digits);
  return value < 0 ? `-${text}` : text;
}

export function readDatetime2(bytes: Uint8Array, at: number, digits: number): string {
  const high = readTwo(bytes, at) - 0x8000;
  const low = readThree(bytes, at + 2);
  // high and the upper 2 bits of low: year * 13 + month.
  const months = high * 4 + (low >> 22);
  const year = Math.floor(months / 13);
  const date = dateText(year, months - year * 13, (low >> 17) & 31);
  const text = datetimeText(date, (low >> 12) & 31, (low >> 6) & 63, low & 63);
  if (digits === 0) return text;
  return text + fractionText(shownFraction(readFraction(bytes, at + 5, digits), digits), digits);
}

export function readTimestamp2(bytes: Uint8Array, at: number, digits: number): string {
  const seconds = readTwo(bytes, at) * 0x1_0000 + readTwo(bytes, at + 2);
  const fraction = readFraction(bytes, at + 4, digits);
  const text = seconds === 0 && fraction === 0 ? '0000-00-00 00:00:00' : epochText(seconds);
  return digits === 0 ? text : text + fractionText(shownFraction(fraction, digits), digits);
}

/*
 * Inside binary JSON the same bits are one number of 64 bits with millionths in the lowest 24:
 * (hour part | day part) << 24 | microseconds. Always six digits.
 */

/** TIME: signed. */
export function packedTimeText(packed: bigint): string {
  const magnitude = packed < 0n ? -packed : packed;
  const whole = Number(magnitude >> 24n);
  const micros = Number(magnitude & 0xff_ffffn);
  const text = timeText(whole >> 12, (whole >> 6) & 63, whole & 63) + fractionText(micros, 6);
  return packed < 0n ? `-${text}` : text;
}

export function packedDateText(packed: bigint): string {
  const days = Number(packed >> 41n);
  const months = Math.floor(days / 32);
  const year = Math.floor(months / 13);
  return dateText(year, months - year * 13, days & 31);
}

export function packedDatetimeText(packed: bigint): string {
  const low = Number(packed & 0x1ff_ffff_ffffn);
  const time = Math.floor(low / TWO_24);
  const text = timeText(time >> 12, (time >> 6) & 63, time & 63);
  return `${packedDateText(packed)} ${text}${fractionText(low % TWO_24, 6)}`;
}
