/**
 * What a source with partial JSON updates and MINIMAL or NOBLOB images logs: changes of a document that is
 * nowhere in the event. Where a visitor expects a document's text it is given these in a text that no
 * document can be, so that whoever cannot use them has to refuse them.
 */
export interface JsonChange {
  readonly action: 'replace' | 'insert' | 'remove';
  /** As MySQL writes paths: `$.items[2]."odd key"`. */
  readonly path: string;
  /** JSON text; undefined for `remove`. */
  readonly value: string | undefined;
}

const MARK = '\0';

export function formatJsonChanges(changes: readonly JsonChange[]): string {
  return MARK + JSON.stringify(changes);
}

export function isJsonChanges(text: string): boolean {
  return text.startsWith(MARK);
}

export function parseJsonChanges(text: string): readonly JsonChange[] {
  return JSON.parse(text.slice(MARK.length)) as JsonChange[];
}
