import type { TaskStore } from '../checkpoint/task-store.ts';
import {
  createSourceMemory,
  type SourceIdentity,
  type SourceMemory,
} from '../source/binlog/cluster/source-identity.ts';

/** Which source was read last, across restarts. A state file that is lost costs the proof, not the position. */
export function rememberSource(store: TaskStore): SourceMemory {
  const memory = createSourceMemory();
  const text = store.readMeta('source_server') ?? '';
  if (text !== '') memory.remember(JSON.parse(text) as SourceIdentity);
  return {
    ...memory,
    remember: (identity) => {
      memory.remember(identity);
      store.writeMeta('source_server', JSON.stringify(identity));
    },
  };
}

/** A position that an operator gives holds for the servers that are configured now. */
export function forgetServers(store: TaskStore): void {
  store.writeMeta('source_server', '');
  store.writeMeta('target_server', '');
}
