import { resolve } from 'node:path';
import { z } from 'zod';
import { camelKeys } from './camel-keys.ts';
import { nonEmpty, type FieldContext } from './fields.ts';

export const SNAPSHOT_ENGINES = ['mysqldump', 'native'] as const;
const LOCKS = ['auto', 'global', 'tables', 'none'] as const;

export function snapshotSchema(context: FieldContext) {
  return z
    .strictObject({
      engine: z
        .enum(SNAPSHOT_ENGINES)
        .default('mysqldump')
        .describe('mysqldump: by the dump program; native: faster, by our own connections.'),
      program: nonEmpty
        .transform((name) => (name.includes('/') ? resolve(context.baseDir, name) : name))
        .optional()
        .describe(
          'Dump program: a name on PATH, or a path. Default: that of the family of the source.',
        ),
      connections: z
        .int()
        .min(1)
        .max(64)
        .default(4)
        .describe('Connections to the target that write rows; native: to the source, too.'),
      lock: z
        .enum(LOCKS)
        .default('auto')
        .describe(
          'For the moment in which the view opens. auto: global (RELOAD), else tables (LOCK TABLES); none: nobody writes.',
        ),
      max_threads_running: z
        .int()
        .min(0)
        .default(0)
        .describe('Reading waits while the source runs more statements than this; 0: never.'),
      max_lag_seconds: z
        .int()
        .min(0)
        .default(0)
        .describe('Reading waits while the source, a replica itself, is further behind; 0: never.'),
    })
    .transform((keys) => camelKeys({ ...keys, program: keys.program }))
    .readonly();
}
