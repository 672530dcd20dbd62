import iconv from 'iconv-lite';

/**
 * The multi-byte East Asian character sets as the servers convert them. What iconv-lite knows is the
 * base; `patches` are the code points where the servers differ (equal on MySQL 5.6, 5.7, 9.7 and
 * MariaDB 10.11, 11.8): `code:point*n` in hex for n codes from code on, `code:?*n` for codes without
 * a character. gb18030's four-byte codes are iconv-lite's.
 */
interface MultiByteSpec {
  readonly base: string;
  /** Ranges of lead bytes of two-byte codes, in hex. */
  readonly leads: string;
  readonly trails: string;
  readonly patches: string;
  /** Codes after the byte 8F (EUC-JP): base and ranges are the same. */
  readonly patchesAfter8f?: string;
  readonly hasFourByteCodes?: boolean;
}

/** User-defined rows of EUC-JP: F5–FE, 94 code points each. */
function userRows(firstPoint: number): string {
  const rows: string[] = [];
  for (let row = 0; row < 10; row++) {
    rows.push(`${(0xf5a1 + row * 0x100).toString(16)}:${(firstPoint + row * 94).toString(16)}*94`);
  }
  return rows.join(' ');
}

const JIS_LEADS = '81-9f e0-fc';
const JIS_TRAILS = '40-7e 80-fc';
const EUC_LEADS = '8e-8e a1-fe';
const EUC_TRAILS = 'a1-fe';

const SPECS: Readonly<Record<string, MultiByteSpec>> = {
  sjis: {
    base: 'shift_jis',
    leads: JIS_LEADS,
    trails: JIS_TRAILS,
    patches: `815f:5c 8160:301c 8161:2016 817c:2212 8191:a2*2 81ca:ac 8740:?*30 875f:?*23 877e:?
      8780:?*29 ed40:?*63 ed80:?*125 ee40:?*63 ee80:?*109 eeef:?*14 f040:?*63 f080:?*125
      f140:?*63 f180:?*125 f240:?*63 f280:?*125 f340:?*63 f380:?*125 f440:?*63 f480:?*125
      f540:?*63 f580:?*125 f640:?*63 f680:?*125 f740:?*63 f780:?*125 f840:?*63 f880:?*125
      f940:? fa40:?*63 fa80:?*125 fb40:?*63 fb80:?*125 fc40:?*12`,
  },
  cp932: {
    base: 'cp932',
    leads: JIS_LEADS,
    trails: JIS_TRAILS,
    patches: 'f941:e69d*62 f980:e6db*125',
  },
  ujis: {
    base: 'eucjp',
    leads: EUC_LEADS,
    trails: EUC_TRAILS,
    patches: `a1c0:5c a1c1:301c a1c2:2016 a1dd:2212 a1f1:a2*2 a2cc:ac ada1:?*30 adc0:?*23
      addf:?*30 ${userRows(0xe000)}`,
    patchesAfter8f: `a2b7:7e ${userRows(0xe3ac)}`,
  },
  eucjpms: {
    base: 'eucjp',
    leads: EUC_LEADS,
    trails: EUC_TRAILS,
    patches: userRows(0xe000),
    patchesAfter8f: `a2c3:ffe4 f3f3:2170*10 f3fd:2160*2 f4a1:2162*8 f4a9:ff07 f4aa:ff02 f4ab:3231 f4ac:2116
      f4ad:2121 f4ae:70bb f4af:4efc f4b0:50f4 f4b1:51ec f4b2:5307 f4b3:5324 f4b4:fa0e
      f4b5:548a f4b6:5759 f4b7:fa0f*2 f4b9:589e f4ba:5bec f4bb:5cf5 f4bc:5d53 f4bd:fa11
      f4be:5fb7 f4bf:6085 f4c0:6120 f4c1:654e f4c2:663b f4c3:6665 f4c4:fa12 f4c5:f929
      f4c6:6801 f4c7:fa13*2 f4c9:6a6b f4ca:6ae2 f4cb:6df8 f4cc:6df2 f4cd:7028 f4ce:fa15*2
      f4d0:7501 f4d1:7682 f4d2:769e f4d3:fa17 f4d4:7930 f4d5:fa18*4 f4d9:7ae7 f4da:fa1c*2
      f4dc:7da0 f4dd:7dd6 f4de:fa1e f4df:8362 f4e0:fa1f f4e1:85b0 f4e2:fa20*2 f4e4:8807
      f4e5:fa22 f4e6:8b7f f4e7:8cf4 f4e8:8d76 f4e9:fa23*3 f4ec:90de f4ed:fa26 f4ee:9115
      f4ef:fa27*2 f4f1:9592 f4f2:f9dc f4f3:fa29 f4f4:973b f4f5:974d f4f6:9751 f4f7:fa2a*3
      f4fa:999e f4fb:9ad9 f4fc:9b72 f4fd:fa2d f4fe:9ed1 ${userRows(0xe3ac)}`,
  },
  euckr: { base: 'cp949', leads: '81-fe', trails: '41-5a 61-7a 81-fe', patches: '' },
  gbk: {
    base: 'gbk',
    leads: '81-fe',
    trails: '40-7e 80-fe',
    patches: `a140:?*63 a180:?*33 a240:?*63 a280:?*33 a2ab:?*6 a2e3:?*2 a2ef:?*2 a2fd:?*2 a340:?*63
      a380:?*33 a440:?*63 a480:?*33 a4f4:?*11 a540:?*63 a580:?*33 a5f7:?*8 a640:?*63 a680:?*33
      a6b9:?*8 a6d9:?*7 a6ec:?*2 a6f3:? a6f6:?*9 a740:?*63 a780:?*33 a7c2:?*15 a7f2:?*13
      a896:?*11 a8bc:? a8bf:? a8c1:?*4 a8ea:?*21 a958:? a95b:? a95d:?*3 a989:?*13 a997:?*13
      a9f0:?*15 aaa1:?*94 aba1:?*94 aca1:?*94 ada1:?*94 aea1:?*94 afa1:?*94 d7fa:?*5 f8a1:?*94
      f9a1:?*94 faa1:?*94 fba1:?*94 fca1:?*94 fda1:?*94 fe50:?*47 fe80:?*127`,
  },
  gb2312: {
    base: 'gb2312',
    leads: 'a1-f7',
    trails: 'a1-fe',
    patches: `a1a4:30fb a1aa:2015 a2a1:?*10 a6e0:?*12 a6ee:?*5 a6f4:?*2 a8bb:? a8bd:?*2 a8c0:?`,
  },
  gb18030: {
    base: 'gb18030',
    leads: '81-fe',
    trails: '40-7e 80-fe',
    patches: 'a3a0:e5e5',
    hasFourByteCodes: true,
  },
  big5: {
    base: 'big5',
    leads: 'a1-f9',
    trails: '40-7e a1-fe',
    patches: `a145:2022 a14e:ff64 a15a:fffd a1c2:203e a1c3:fffd a1c5:fffd a1e3:223c a1f2:2641
      a1f3:2609 a1fe:fffd a240:fffd a241:ff0f a242:ff3c a244:a5 a246:a2*2 a2cc:fffd a2ce:fffd
      a3c0:?*34 c6a1:30fe c6a2:309d*2 c6a4:3005 c6a5:3041*83 c6f8:30a1*7 c740:30a8*63
      c7a1:30e7*16 c7b1:414*2 c7b3:401 c7b4:416*7 c7bb:423*19 c7ce:451 c7cf:436*26
      c7e9:2460*10 c7f3:2474*10 c7fd:?*2 c840:?*63 c8a1:?*4 c8cd:?*37 c8f5:?*10 f9dd:?*34`,
  },
};

const QUESTION_MARK = 0x3f;

/** Code point by two-byte code; 0: no such code; a question mark: a code without a character. */
interface Tables {
  readonly single: Uint16Array;
  readonly double: Uint16Array;
  readonly after8f: Uint16Array | undefined;
  readonly hasFourByteCodes: boolean;
}

function bytesIn(ranges: string): number[] {
  return ranges.split(' ').flatMap((range) => {
    const [first = 0, last = 0] = range.split('-').map((hex) => parseInt(hex, 16));
    return Array.from({ length: last - first + 1 }, (_, i) => first + i);
  });
}

/** The one UTF-16 unit that iconv-lite makes of these bytes. */
function baseUnit(base: string, bytes: Buffer): number {
  const text = iconv.decode(bytes, base);
  return text.length !== 1 || text === '\ufffd' ? QUESTION_MARK : text.charCodeAt(0);
}

function buildDouble(spec: MultiByteSpec, prefix: readonly number[], patches: string): Uint16Array {
  const table = new Uint16Array(0x10000);
  const trails = bytesIn(spec.trails);
  for (const lead of bytesIn(spec.leads)) {
    for (const trail of trails) {
      table[(lead << 8) | trail] = baseUnit(spec.base, Buffer.from([...prefix, lead, trail]));
    }
  }
  for (const patch of patches.trim().split(/\s+/).filter(Boolean)) {
    const [code = '', first = '', count = '1'] = patch.split(/[:*]/);
    for (let i = 0; i < Number(count); i++) {
      table[parseInt(code, 16) + i] = first === '?' ? QUESTION_MARK : parseInt(first, 16) + i;
    }
  }
  return table;
}

function buildTables(spec: MultiByteSpec): Tables {
  const single = new Uint16Array(256);
  for (let byte = 0; byte < 256; byte++) single[byte] = baseUnit(spec.base, Buffer.from([byte]));
  const { patchesAfter8f } = spec;
  return {
    single,
    double: buildDouble(spec, [], spec.patches),
    after8f: patchesAfter8f === undefined ? undefined : buildDouble(spec, [0x8f], patchesAfter8f),
    hasFourByteCodes: spec.hasFourByteCodes === true,
  };
}

const built = new Map<string, Tables>();

/** Built at first use: 20 to 60 ms, then kept. */
function tablesOf(charset: string): Tables | undefined {
  const known = built.get(charset);
  if (known !== undefined) return known;
  const spec = Object.hasOwn(SPECS, charset) ? SPECS[charset] : undefined;
  if (spec === undefined) return undefined;
  const tables = buildTables(spec);
  built.set(charset, tables);
  return tables;
}

export function isMultiByte(charset: string): boolean {
  return Object.hasOwn(SPECS, charset);
}

/** UTF-16 units of one text, written one after the other. */
interface Units {
  readonly units: Uint16Array;
  length: number;
}

function put(out: Units, unit: number): void {
  out.units[out.length++] = unit;
}

/** Four-byte codes of gb18030 that have a character: those up to U+FFFF and those beyond. */
const FOUR_BYTE_RANGES = [
  { first: 0x81308130, last: 0x8431a439 },
  { first: 0x90308130, last: 0xe3329a35 },
] as const;

/** A four-byte code of gb18030: two digits among its bytes. Returns its length, or 0. */
function writeFourByteCode(bytes: Buffer, at: number, out: Units): number {
  const digit = bytes[at + 1] ?? 0;
  if (digit < 0x30 || digit > 0x39 || at + 4 > bytes.length) return 0;
  const code = bytes.readUInt32BE(at);
  const hasCharacter = FOUR_BYTE_RANGES.some(({ first, last }) => code >= first && code <= last);
  const text = iconv.decode(bytes.subarray(at, at + 4), 'gb18030');
  const known = hasCharacter ? text : '?';
  for (let i = 0; i < known.length; i++) put(out, known.charCodeAt(i));
  return 4;
}

/** Writes the character at `at` and returns its length in bytes; 0: no code of several bytes is there. */
function writeLongCode(tables: Tables, bytes: Buffer, at: number, out: Units): number {
  const byte = bytes[at] ?? 0;
  const next = bytes[at + 1] ?? 0;
  const isAfter8f = byte === 0x8f && tables.after8f !== undefined;
  const unit = isAfter8f
    ? tables.after8f[(next << 8) | (bytes[at + 2] ?? 0)]
    : tables.double[(byte << 8) | next];
  if (unit !== undefined && unit !== 0) {
    put(out, unit);
    return isAfter8f ? 3 : 2;
  }
  return tables.hasFourByteCodes ? writeFourByteCode(bytes, at, out) : 0;
}

/** The text of these bytes; undefined when this is none of the character sets above. */
export function decodeMultiByte(
  charset: string,
  bytes: Buffer,
  start: number,
  end: number,
): string | undefined {
  const tables = tablesOf(charset);
  if (tables === undefined) return undefined;
  // A code cut off by the end must not take bytes of what follows.
  const own = bytes.subarray(start, end);
  const out: Units = { units: new Uint16Array(own.length), length: 0 };
  let at = 0;
  while (at < own.length) {
    const byte = own[at] ?? 0;
    const taken = byte < 0x80 ? 0 : writeLongCode(tables, own, at, out);
    if (taken === 0) put(out, tables.single[byte] ?? QUESTION_MARK);
    at += taken === 0 ? 1 : taken;
  }
  return Buffer.from(out.units.buffer, 0, out.length * 2).toString('utf16le');
}
