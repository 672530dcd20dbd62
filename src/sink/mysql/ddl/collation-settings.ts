import type { StatementContext } from '../../../core/change.ts';
import { collationById } from '../../../core/charset.ts';
import type { Collation } from '../../../core/collations.ts';
import type { ServerInfo } from '../../../server/server-info.ts';
import type { DdlSource } from './host.ts';

const MARIADB_WITH_CHARACTER_SET_COLLATIONS = 110_200;

export interface CollationChoice {
  readonly setting: string;
  readonly isExact: boolean;
}

/**
 * Assignments that give a variable this collation, the exact one first. Servers spell utf8mb3 in two
 * ways; where the collation itself is not known its character set still decides how literals are read.
 */
export function collationChoices(
  variable: string,
  { name, charset }: Collation,
): readonly CollationChoice[] {
  const charsetVariable = variable.replace('collation', 'character_set');
  const spellings = charset === 'utf8mb3' ? [charset, 'utf8'] : [charset];
  return [
    ...spellings.map((spelling) => ({
      setting: `${variable} = ${name.replace(charset, spelling)}`,
      isExact: true,
    })),
    ...spellings.map((spelling) => ({
      setting: `${charsetVariable} = ${spelling}`,
      isExact: false,
    })),
  ];
}

/**
 * What `CHARACTER SET utf8mb4` without a collation means: it changed with MySQL 8 and MariaDB 11.2,
 * and those log it. From a server that does not log it, it is utf8mb4_general_ci.
 */
export function utf8mb4Defaults(
  context: StatementContext,
  target: ServerInfo,
  source: DdlSource | undefined,
): readonly string[] {
  const id = context.defaultCollationForUtf8mb4;
  const name = id === undefined ? undefined : collationById(id)?.name;
  if (target.flavor === 'mysql') {
    return target.versionNumber >= 80_000
      ? [`default_collation_for_utf8mb4 = ${name ?? 'utf8mb4_general_ci'}`]
      : [];
  }
  if (target.versionNumber < MARIADB_WITH_CHARACTER_SET_COLLATIONS) return [];
  if (name !== undefined) return [`character_set_collations = 'utf8mb4=${name}'`];
  const isLogged =
    source?.flavor === 'mariadb' && source.versionNumber >= MARIADB_WITH_CHARACTER_SET_COLLATIONS;
  // A server that logs it has its own defaults, which are the target's too unless somebody set them.
  return isLogged ? [] : ["character_set_collations = ''"];
}
