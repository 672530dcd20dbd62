import { z } from 'zod';
import { camelKeys } from './camel-keys.ts';
import { nonEmpty, secret, type FieldContext } from './fields.ts';

export function inspectSchema(context: FieldContext) {
  return z
    .strictObject({
      every_seconds: z
        .number()
        .min(1)
        .max(31_536_000)
        .default(3_600)
        .describe('A full comparison so often, beside the stream.'),
      quick_every_seconds: z
        .number()
        .min(0)
        .max(31_536_000)
        .default(60)
        .describe(
          'In between: the newest keys, the number of rows, and what differed before; 0: never.',
        ),
      alarm_after: z
        .int()
        .min(1)
        .max(1_000)
        .default(5)
        .describe('Rounds after which a difference that stays the same is an alarm.'),
      repair: z.boolean().default(false).describe('Mend what differs in each round.'),
      webhook: secret(context)
        .optional()
        .describe('URL that gets alarms as JSON by POST, and when they are over.'),
      on_alarm: z
        .array(nonEmpty)
        .min(1, 'names no command')
        .optional()
        .describe('Command and arguments; gets the same JSON on standard input.'),
    })
    .transform((keys) => camelKeys({ ...keys, webhook: keys.webhook, on_alarm: keys.on_alarm }));
}
