import type { LiteralSlot } from './literal-writer.ts';
import { isUtf8, literalForm, NOISY_CHARSETS, type LiteralForm } from './literal-form.ts';
import type { Dialect } from './dialect.ts';
import { quoteName } from '../../server/sql-text.ts';
import type { BoundColumn, TableBinding } from './table-binding.ts';

export type Slots = readonly (LiteralSlot | undefined)[];

const NOTHING = Buffer.alloc(0);

/**
 * The constant pieces of every statement about one bound table, made once: heads, tails and, for
 * each way a row can stand in a statement, the slots of its columns.
 */
export class TableText {
  /** `INSERT INTO t (…) VALUES ` with every written column. */
  readonly insertHead: Buffer;
  readonly deleteHead: Buffer;
  readonly updateHead: Buffer;
  /** `(1,'a')` in a list of rows. */
  readonly valueSlots: Slots;
  /** `a=1,b='a'` after SET. */
  readonly assignSlots: Slots;
  /** `a=1 AND b=2`: the identity, by the collations of its columns. */
  readonly keySlots: Slots;
  /** The identity's one column alone, for IN lists; undefined: it has several. */
  readonly inSlots: Slots | undefined;
  readonly inHead: Buffer;
  /** `a <=> 1 AND …`: every column, byte for byte. */
  readonly exactSlots: Slots;
  /** Text columns that begin an index, by collation: what lets the server use that index for `exactSlots`. */
  readonly indexSlots: Slots | undefined;
  /** ` ON DUPLICATE KEY UPDATE …`; undefined: this table's rows must be updated one by one. */
  readonly upsertTail: Buffer | undefined;
  /** Comparing the identity gives deprecation warnings. */
  readonly hasNoisyKey: boolean;
  /** The same for comparing every column. */
  readonly hasNoisyColumns: boolean;
  readonly #binding: TableBinding;
  readonly #name: string;
  readonly #fullColumns: string;

  constructor(binding: TableBinding, dialect: Dialect) {
    this.#binding = binding;
    const { database, table } = binding.target.name;
    this.#name = `${quoteName(database)}.${quoteName(table)}`;
    this.#fullColumns = columnList(binding.columns);
    this.insertHead = Buffer.from(this.rowsHead('INSERT', undefined));
    this.deleteHead = Buffer.from(`DELETE FROM ${this.#name} WHERE `);
    this.updateHead = Buffer.from(`UPDATE ${this.#name} SET `);
    const forms = new Map(binding.columns.map((bound) => [bound, literalForm(bound)]));
    const slots = (make: SlotMaker) => makeSlots(binding, forms, make);
    const identity = identityColumns(binding);
    this.valueSlots = slots((_, form) => plainSlot(form, '', 'store'));
    this.assignSlots = slots((bound, form) => plainSlot(form, `${nameOf(bound)}=`, 'store'));
    this.keySlots = slots((bound, form) =>
      identity.includes(bound) ? plainSlot(form, `${nameOf(bound)}=`, 'compare') : undefined,
    );
    const [first] = identity;
    this.inSlots =
      first === undefined || identity.length > 1
        ? undefined
        : slots((bound, form) => (bound === first ? plainSlot(form, '', 'compare') : undefined));
    this.inHead = Buffer.from(first === undefined ? '' : `${nameOf(first)} IN (`);
    this.exactSlots = slots(exactSlot);
    const hasIndexedText = binding.columns.some((bound) => isIndexedText(binding, bound));
    this.indexSlots = hasIndexedText
      ? slots((bound, form) =>
          isIndexedText(binding, bound)
            ? plainSlot(form, `${nameOf(bound)}<=>`, 'compare')
            : undefined,
        )
      : undefined;
    this.upsertTail = upsertTail(binding, identity, dialect);
    this.hasNoisyKey = identity.some(isNoisy);
    this.hasNoisyColumns = binding.columns.some(isNoisy);
  }

  /** `INSERT INTO t (a,b) VALUES `, with the columns that are present; undefined `present`: all. */
  rowsHead(verb: 'INSERT' | 'REPLACE', present: readonly boolean[] | undefined): string {
    const columns =
      present === undefined
        ? this.#fullColumns
        : columnList(this.#binding.columns.filter(({ index }) => present[index] === true));
    return `${verb} INTO ${this.#name} (${columns}) VALUES `;
  }

  /** An assignment that changes nothing, for a row whose changed columns are all left out here. */
  get idleAssignment(): string {
    const [first] = this.#binding.columns;
    const name = first === undefined ? '' : nameOf(first);
    return `${name}=${name}`;
  }
}

/** Compared with an introducer or a conversion that MySQL 8+ calls deprecated. */
function isNoisy({ source, target }: BoundColumn): boolean {
  const isConverted = source.charset !== target.charset && target.charset !== undefined;
  const charsets = isConverted ? [source.charset, target.charset] : [source.charset];
  return charsets.some((charset) => charset !== undefined && NOISY_CHARSETS.has(charset));
}

type SlotMaker = (bound: BoundColumn, form: LiteralForm) => LiteralSlot | undefined;

function makeSlots(
  binding: TableBinding,
  forms: ReadonlyMap<BoundColumn, LiteralForm>,
  make: SlotMaker,
): Slots {
  const slots = new Array<LiteralSlot | undefined>(binding.source.columns.length).fill(undefined);
  for (const [bound, form] of forms) slots[bound.index] = make(bound, form);
  return slots;
}

function columnList(columns: readonly BoundColumn[]): string {
  return columns.map(nameOf).join(',');
}

function nameOf(bound: BoundColumn): string {
  return quoteName(bound.target.name);
}

export function identityColumns(binding: TableBinding): readonly BoundColumn[] {
  return binding.columns.filter(({ index }) => binding.identity?.includes(index));
}

function plainSlot(form: LiteralForm, lead: string, use: LiteralSlot['use']): LiteralSlot {
  return { form, lead: lead === '' ? NOTHING : Buffer.from(lead), tail: NOTHING, use };
}

const SPATIAL_TYPES: ReadonlySet<string> = new Set([
  'geometry',
  'point',
  'linestring',
  'polygon',
  'multipoint',
  'multilinestring',
  'multipolygon',
  'geometrycollection',
  'geomcollection',
]);

/**
 * Equal byte for byte, and what else SQL's equality would blur:
 * text by its bytes, not by the collation; JSON by its text in the server's own spelling (as JSON 1 equals 1.0); SET as a
 * number (as SET it compares signed); VECTOR and geometry as bytes; 0.0 before -0.0 or the other way.
 */
function exactSlot(bound: BoundColumn, form: LiteralForm): LiteralSlot {
  const { target } = bound;
  const name = nameOf(bound);
  const type = target.dataType;
  if (type === 'json') {
    return {
      form,
      lead: Buffer.from(`CAST(CAST(${name} AS CHAR) AS BINARY)<=>CAST(CAST(CAST(`),
      tail: Buffer.from(' AS JSON) AS CHAR) AS BINARY)'),
      use: 'compare',
    };
  }
  if (type === 'set') return plainSlot(form, `(${name}|0)<=>`, 'compare');
  if (type === 'enum') return plainSlot(form, `${name}<=>`, 'compare');
  if (type === 'float' || type === 'double') {
    const sign = `LEFT(CONCAT(${name}),1)`;
    const zeroOrder = { positive: `${sign}='-'`, negative: `${sign}<>'-'` };
    return { ...plainSlot(form, `${name}<=>`, 'compare'), zeroOrder };
  }
  if (SPATIAL_TYPES.has(type) || type === 'vector') {
    return plainSlot(form, `CAST(${name} AS BINARY)<=>`, 'compare');
  }
  return target.charset === undefined
    ? plainSlot(form, `${name}<=>`, 'compare')
    : textSlot(bound, form, target.charset);
}

/** The literal as it would be stored: converted first where the character sets differ. */
function textSlot(bound: BoundColumn, form: LiteralForm, targetCharset: string): LiteralSlot {
  const lead = `CAST(${nameOf(bound)} AS BINARY)<=>`;
  const { charset, type } = bound.source;
  const isSame = charset === targetCharset || (isUtf8(charset) && isUtf8(targetCharset));
  const isAsciiText = charset === undefined && type !== 'json' && !isWide(targetCharset);
  if (isSame || isAsciiText || (type === 'json' && isUtf8(targetCharset))) {
    return plainSlot(form, lead, 'store');
  }
  return {
    form,
    lead: Buffer.from(`${lead}CAST(CONVERT(`),
    tail: Buffer.from(` USING ${targetCharset}) AS BINARY)`),
    use: 'store',
  };
}

/** Character sets in which ASCII text has other bytes. */
function isWide(charset: string): boolean {
  return charset.startsWith('utf16') || charset === 'utf32' || charset === 'ucs2';
}

function isIndexedText(binding: TableBinding, { target }: BoundColumn): boolean {
  return target.charset !== undefined && binding.target.indexedColumns.has(target.name);
}

const UNSAFE_GUARDS: ReadonlySet<string> = new Set(['enum', 'set', 'bit']);

/**
 * Every written column is set. Where other unique keys exist, an upsert could hit a row by one of those instead of by
 * its identity (a target that has drifted): then the identities differ and the guard's sum overflows, which is an
 * error in every sql_mode; the branches of IF are the same, so the value's type stays.
 */
function upsertTail(
  binding: TableBinding,
  identity: readonly BoundColumn[],
  dialect: Dialect,
): Buffer | undefined {
  const table = binding.target.name.table;
  const alias = table === 'tailrace_new' ? 'tailrace_new_row' : 'tailrace_new';
  const fresh = (bound: BoundColumn) =>
    dialect.hasRowAlias ? `${alias}.${nameOf(bound)}` : `VALUES(${nameOf(bound)})`;
  const guarded = needsGuard(binding)
    ? identity.find(({ target }) => !UNSAFE_GUARDS.has(target.dataType))
    : undefined;
  if (identity.length === 0 || (needsGuard(binding) && guarded === undefined)) return undefined;
  const isSame = identity
    .map((bound) => `${quoteName(table)}.${nameOf(bound)}<=>${fresh(bound)}`)
    .join(' AND ');
  const assignments = binding.columns.map((bound) => {
    const value = fresh(bound);
    if (bound !== guarded) return `${nameOf(bound)}=${value}`;
    const overflow = `18446744073709551615+(1+LENGTH(${quoteName(table)}.${nameOf(bound)}))`;
    return `${nameOf(bound)}=IF((${isSame}) OR (${overflow}),${value},${value})`;
  });
  const as = dialect.hasRowAlias ? ` AS ${alias}` : '';
  return Buffer.from(`${as} ON DUPLICATE KEY UPDATE ${assignments.join(',')}`);
}

function needsGuard(binding: TableBinding): boolean {
  return binding.target.uniqueKeys.length > 1;
}
