import type { RowVisitor } from '../../core/row.ts';
import type { Column } from '../../core/table.ts';
import type { ReadValue } from './json-rows.ts';
import { arrayElements, fault, hasEscape, isString, stringAt, textBetween } from './json-scan.ts';

/*
 * Values as all formats may write them: a number with or without quotes, a text, bytes as base64.
 */

const MINUS = 0x2d;
const ZERO = 0x30;
const NINE = 0x39;
/** So many digits never leave the integers that a number holds exactly. */
const NUMBER_DIGITS = 15;

/** The value's text without quotes: of a number, or of a string that needs no escape. */
export function plainText(bytes: Buffer, start: number, end: number): string {
  if (!isString(bytes, start)) return bytes.latin1Slice(start, end);
  return textBetween(bytes, start + 1, end - 1);
}

/** An integer with or without quotes; true and false count as 1 and 0. */
export const readInteger: ReadValue = (visitor, column, bytes, start, end) => {
  const quoted = isString(bytes, start) ? 1 : 0;
  const first = start + quoted;
  const last = end - quoted;
  const isNegative = bytes[first] === MINUS;
  let at = isNegative ? first + 1 : first;
  if (at < last && last - at <= NUMBER_DIGITS) {
    let value = 0;
    for (; at < last; at++) {
      const digit = bytes[at] as number;
      if (digit < ZERO || digit > NINE) break;
      value = value * 10 + (digit - ZERO);
    }
    if (at === last) {
      visitor.integer(column, isNegative && value !== 0 ? -value : value);
      return;
    }
  }
  visitInteger(visitor, column, parseInteger(plainText(bytes, start, end), start));
};

export function parseInteger(text: string, at: number): bigint {
  if (text === 'true') return 1n;
  if (text === 'false') return 0n;
  if (!/^-?\d+$/.test(text)) throw fault(`"${text.slice(0, 40)}" is no integer`, at);
  return BigInt(text);
}

export function visitInteger(visitor: RowVisitor, column: number, value: bigint): void {
  const number = Number(value);
  if (Number.isSafeInteger(number)) visitor.integer(column, number);
  else visitor.bigint(column, value);
}

const NUMBER = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/;

/** A decimal with or without quotes; `1.50E-8`, as Java writes small ones, is written out. */
export const readDecimal: ReadValue = (visitor, column, bytes, start, end) => {
  visitor.ascii(column, plainDecimal(plainText(bytes, start, end), start));
};

const MAX_EXPONENT = 100;

function plainDecimal(text: string, at: number): string {
  const match = NUMBER.exec(text);
  const [, sign = '', whole = '', fraction = '', exponent] = match ?? [];
  if (match === null || whole + fraction === '') {
    throw fault(`"${text.slice(0, 40)}" is no decimal`, at);
  }
  if (exponent === undefined) return text;
  const shift = Number(exponent);
  if (Math.abs(shift) > MAX_EXPONENT) throw fault(`"${text}" is no decimal of a column`, at);
  return (sign === '-' ? '-' : '') + shifted(whole, fraction, shift);
}

function shifted(whole: string, fraction: string, shift: number): string {
  const digits = whole + fraction;
  const pointAt = whole.length + shift;
  if (pointAt <= 0) return `0.${'0'.repeat(-pointAt)}${digits}`;
  if (pointAt >= digits.length) return digits.padEnd(pointAt, '0');
  return `${digits.slice(0, pointAt)}.${digits.slice(pointAt)}`;
}

function numberAt(bytes: Buffer, start: number, end: number): number {
  const text = plainText(bytes, start, end);
  const value = Number(text);
  if (text === '' || !Number.isFinite(value)) {
    throw fault(`"${text.slice(0, 40)}" is no number`, start);
  }
  return value;
}

export const readFloat: ReadValue = (visitor, column, bytes, start, end) => {
  visitor.float(column, Math.fround(numberAt(bytes, start, end)));
};

export const readDouble: ReadValue = (visitor, column, bytes, start, end) => {
  visitor.double(column, numberAt(bytes, start, end));
};

/** The server's own text of a date, time, uuid, …: ASCII. */
export const readAscii: ReadValue = (visitor, column, bytes, start, end) => {
  visitor.ascii(column, asciiAt(bytes, start, end));
};

const NOT_PLAIN = /[^\x20-\x7e]|['\\]/;

/** What goes between quotes of a statement as it is: nothing that could end them. */
export function asciiAt(bytes: Buffer, start: number, end: number): string {
  const text = requireText(bytes, start, end);
  if (NOT_PLAIN.test(text)) throw fault(`"${text.slice(0, 40)}" is no value of its type`, start);
  return text;
}

export function requireText(bytes: Buffer, start: number, end: number): string {
  const text = stringAt(bytes, start, end);
  if (text === undefined) throw fault('no string where one is wanted', start);
  return text;
}

let scratch = Buffer.allocUnsafe(64 * 1024);

/** Text as UTF-8, which is how the table that is made for it says that it comes. */
export const readText: ReadValue = (visitor, column, bytes, start, end) => {
  if (!isString(bytes, start)) throw fault('no string where one is wanted', start);
  if (!hasEscape(bytes, start + 1, end - 1)) visitor.bytes(column, bytes, start + 1, end - 1);
  else visitText(visitor, column, textBetween(bytes, start + 1, end - 1));
};

export function visitText(visitor: RowVisitor, column: number, text: string): void {
  if (text.length * 3 > scratch.length) scratch = Buffer.allocUnsafe(text.length * 4);
  visitor.bytes(column, scratch, 0, scratch.utf8Write(text, 0));
}

export function visitBytes(visitor: RowVisitor, column: number, bytes: Buffer): void {
  visitor.bytes(column, bytes, 0, bytes.length);
}

export function base64At(bytes: Buffer, start: number, end: number): Buffer {
  const text = requireText(bytes, start, end);
  const decoded = Buffer.from(text, 'base64');
  // Buffer.from leaves out what is no base64 without a word.
  if (decoded.length < Math.floor((text.replace(/=+$/, '').length * 3) / 4)) {
    throw fault('no base64 where it is wanted', start);
  }
  return decoded;
}

/** Row events, and what is made of them, carry BINARY(n) without its trailing zeros. */
export function padded(column: Column, bytes: Buffer): Buffer {
  const { length } = column;
  if (column.type !== 'binary' || length === undefined || bytes.length >= length) return bytes;
  return Buffer.concat([bytes, Buffer.alloc(length - bytes.length)]);
}

/** A vector as an array of numbers: float32, little endian. */
export const readVector: ReadValue = (visitor, column, bytes, start, end) => {
  const text = stringAt(bytes, start, end);
  const json = text === undefined ? bytes : Buffer.from(text, 'utf8');
  const elements = arrayElements(json, text === undefined ? start : 0);
  const vector = Buffer.alloc((elements.length / 2) * 4);
  for (let i = 0; i < elements.length; i += 2) {
    const value = numberAt(json, elements[i] as number, elements[i + 1] as number);
    vector.writeFloatLE(value, i * 2);
  }
  visitBytes(visitor, column, vector);
};
