import iconv from 'iconv-lite';
import { collationById, decodeText } from '../../../core/charset.ts';
import { singleByteTable } from '../../../core/charset-single-byte.ts';

export interface EncodedStatement {
  readonly bytes: Buffer;
  /** For SET character_set_client. */
  readonly client: string;
}

const ASCII_ONLY = /^[\0-\x7f]*$/;
/** Names of iconv for the servers' multi-byte sets. */
const MULTI_BYTE: Readonly<Record<string, string>> = {
  big5: 'big5',
  cp932: 'cp932',
  eucjpms: 'eucjp',
  euckr: 'euckr',
  gb18030: 'gb18030',
  gb2312: 'gb2312',
  gbk: 'gbk',
  sjis: 'shiftjis',
  ujis: 'eucjp',
};

/**
 * The statement's bytes as the source's client sent them, so that everything keeps its meaning, a
 * literal with an introducer (`_latin1'é'`) too: its bytes are taken as they come. Only where the text
 * can't be put back exactly (names of the target that the set does not have) it goes as utf8mb4.
 */
export function encodeStatement(text: string, collationId: number | undefined): EncodedStatement {
  const charset = collationId === undefined ? undefined : collationById(collationId)?.charset;
  if (charset !== undefined && !ASCII_ONLY.test(text)) {
    const bytes = encodeExactly(text, charset);
    if (bytes !== undefined) return { bytes, client: charset };
  }
  return { bytes: Buffer.from(text, 'utf8'), client: 'utf8mb4' };
}

function encodeExactly(text: string, charset: string): Buffer | undefined {
  const bytes = encodeSingleByte(text, charset) ?? encodeMultiByte(text, charset);
  if (bytes === undefined) return undefined;
  return decodeText(charset, bytes, 0, bytes.length) === text ? bytes : undefined;
}

function encodeSingleByte(text: string, charset: string): Buffer | undefined {
  const table = singleByteTable(charset);
  if (table === undefined) return undefined;
  // Codes without a character read as question marks: the first one is the real one.
  const codes = new Map(table.map((char, code) => [char, code] as const).toReversed());
  const bytes: number[] = [];
  for (const char of text) {
    const code = codes.get(char);
    if (code === undefined) return undefined;
    bytes.push(code);
  }
  return Buffer.from(bytes);
}

function encodeMultiByte(text: string, charset: string): Buffer | undefined {
  const encoding = MULTI_BYTE[charset];
  return encoding === undefined ? undefined : iconv.encode(text, encoding);
}
