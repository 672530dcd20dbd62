import type { Token } from './sql-token.ts';

/**
 * An XA transaction id as the servers write it into the binlog: `X'gtrid',X'bqual',formatID`, hex in
 * lower case. It may be written in other ways (text literals, parts left out), so it is built anew.
 */
export function formatXidText(gtrid: Buffer, bqual: Buffer, formatId: number): string {
  return `X'${gtrid.toString('hex')}',X'${bqual.toString('hex')}',${formatId}`;
}

/** Reads an xid from the tokens behind `XA verb`; undefined: there is none. */
export function parseXid(tokens: readonly Token[]): string | undefined {
  const gtrid = literalBytes(tokens[0]);
  if (gtrid === undefined) return undefined;
  if (!isComma(tokens[1])) return formatXidText(gtrid, Buffer.alloc(0), 1);
  const bqual = literalBytes(tokens[2]);
  if (bqual === undefined) return undefined;
  if (!isComma(tokens[3])) return formatXidText(gtrid, bqual, 1);
  const formatId = Number(tokens[4]?.text);
  return Number.isSafeInteger(formatId) ? formatXidText(gtrid, bqual, formatId) : undefined;
}

const isComma = (token: Token | undefined): boolean => token?.keyword === ',';

function literalBytes(token: Token | undefined): Buffer | undefined {
  if (token?.kind === 'string') return Buffer.from(token.text, 'utf8');
  if (token?.kind !== 'binary') return undefined;
  return binaryLiteralBytes(token.text);
}

/** Bytes of `x'6162'`, `0x6162`, `b'01100001'` or `0b01100001`. */
export function binaryLiteralBytes(text: string): Buffer {
  const isHex = /^0?x/i.test(text);
  const digits = text.replace(/^0?[xb]'?/i, '').replace(/'$/, '');
  if (isHex) return Buffer.from(digits.length % 2 === 0 ? digits : `0${digits}`, 'hex');
  const padded = digits.padStart(Math.ceil(digits.length / 8) * 8, '0');
  const bytes = padded.match(/.{8}/g) ?? [];
  return Buffer.from(bytes.map((byte) => Number.parseInt(byte, 2)));
}
