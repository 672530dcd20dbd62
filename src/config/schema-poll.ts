import { z } from 'zod';
import { camelKeys } from './camel-keys.ts';

export const POLL_WRITES = ['upsert', 'insert'] as const;
const POLL_STARTS = ['beginning', 'target'] as const;

export const pollSchema = z
  .strictObject({
    every_seconds: z
      .number()
      .min(0.1)
      .max(86_400)
      .default(10)
      .describe(
        'New rows are looked for so often; beside the stream: once it has been away for so long.',
      ),
    batch: z.int().min(1).max(100_000).default(5_000).describe('Rows of one table in one step.'),
    write: z
      .enum(POLL_WRITES)
      .default('upsert')
      .describe(
        'upsert: a row that the target has already is written over; insert: it stays as it is there. `[[task.table]] poll` says it for some tables.',
      ),
    look_back_seconds: z
      .number()
      .min(0)
      .max(86_400)
      .default(60)
      .describe(
        'What was read within this time is looked at again: a transaction that was open may commit smaller keys. Longer than the longest of them.',
      ),
    start: z
      .enum(POLL_STARTS)
      .default('beginning')
      .describe(
        'Of a table that was not polled before: its first row, or 10,000 rows before the last that the target has.',
      ),
  })
  .transform((keys) => camelKeys(keys))
  .readonly();
