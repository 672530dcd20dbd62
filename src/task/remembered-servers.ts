import type { TaskStore } from '../checkpoint/task-store.ts';
import type { TargetMemory } from '../sink/mysql/choose-target.ts';
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

/** Which target was written to last; how far it is there the state file follows. */
export function rememberTarget(store: TaskStore): TargetMemory {
  let id = store.readMeta('target_server') ?? '';
  return {
    recall: () => (id === '' ? undefined : { id, seq: store.load('mysql')?.checkpoint.seq ?? 0 }),
    remember: (now) => {
      if (now !== id) store.writeMeta('target_server', now);
      id = now;
    },
  };
}

/** A position that an operator gives holds for the servers that are configured now. */
export function forgetServers(store: TaskStore): void {
  store.writeMeta('source_server', '');
  store.writeMeta('target_server', '');
}
