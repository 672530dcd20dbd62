import { CanalDecoder } from './canal/canal-decoder.ts';
import { DebeziumDecoder } from './debezium/debezium-decoder.ts';
import type { DebeziumForms } from './debezium/debezium-form.ts';
import type { MessageDecoder, MessageTables } from './decode/decoder.ts';
import type { MessageFormat } from './encoder.ts';
import { MaxwellDecoder, type MaxwellDecoderOptions } from './maxwell/maxwell-decoder.ts';

export interface DecoderOptions {
  readonly maxwell?: MaxwellDecoderOptions;
  readonly debezium?: DebeziumForms;
}

export function createDecoder(
  format: MessageFormat,
  tables: MessageTables,
  options: DecoderOptions = {},
): MessageDecoder {
  switch (format) {
    case 'maxwell':
      return new MaxwellDecoder(tables, options.maxwell);
    case 'canal':
      return new CanalDecoder(tables);
    case 'debezium':
      return new DebeziumDecoder(tables, options.debezium);
  }
}
