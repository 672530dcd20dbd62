import { describe, expect, it } from 'vitest';
import { replicaUuid } from '../../src/replica/session-variables.ts';

describe('replicaUuid', () => {
  it('is a UUID, the same for the same server id, another for another', () => {
    expect(replicaUuid(1)).toMatch(/^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-8[\da-f]{3}-[\da-f]{12}$/);
    expect(replicaUuid(1)).toBe(replicaUuid(1));
    expect(replicaUuid(1)).not.toBe(replicaUuid(2));
  });
});
