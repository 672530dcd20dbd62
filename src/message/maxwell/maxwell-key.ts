import type { RowImage } from '../../core/row.ts';
import { jsonString } from '../json-text.ts';
import type { PlannedColumn, RowPlan } from '../row-plan.ts';
import type { EncodeValue } from './maxwell-value.ts';

/*
 * Kafka keys of rows (row/RowIdentity.java); names of key columns in lower case:
 *
 *   hash    {"database":"d","table":"t","pk.id":1,"pk.c":"x"}   without a key: "_uuid":"<random>"
 *   array   ["d","t",[{"id":1},{"c":"x"}]]                      without a key: [{"_uuid":"<random>"}]
 */

type Plan = RowPlan<EncodeValue>;

export interface KeyForm {
  readonly format: 'hash' | 'array';
  readonly randomUuid: () => string;
}

export function maxwellKey(plan: Plan, row: RowImage, form: KeyForm): string {
  const database = jsonString(plan.database);
  const table = jsonString(plan.table);
  if (form.format === 'array') {
    return `[${database},${table},[${arrayMembers(plan, row, form).join(',')}]]`;
  }
  const members = hashMembers(plan, row, form);
  return `{"database":${database},"table":${table},${members.join(',')}}`;
}

function hashMembers(plan: Plan, row: RowImage, form: KeyForm): string[] {
  if (plan.key.length === 0) return [`"_uuid":${jsonString(form.randomUuid())}`];
  return plan.key.map(
    (column) => `${jsonString(`pk.${column.name.toLowerCase()}`)}:${valueOf(column, row)}`,
  );
}

function arrayMembers(plan: Plan, row: RowImage, form: KeyForm): string[] {
  if (plan.key.length === 0) return [`{"_uuid":${jsonString(form.randomUuid())}}`];
  return plan.key.map(
    (column) => `{${jsonString(column.name.toLowerCase())}:${valueOf(column, row)}}`,
  );
}

export function valueOf(column: PlannedColumn<EncodeValue>, row: RowImage): string {
  const value = row[column.index];
  return value === null || value === undefined ? 'null' : column.encode(value);
}
