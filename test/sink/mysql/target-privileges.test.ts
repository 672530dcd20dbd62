import { describe, expect, it } from 'vitest';
import {
  hasPrivilege,
  missingOn,
  parseTargetGrants,
} from '../../../src/sink/mysql/target-privileges.ts';

describe('grants of a target account', () => {
  it('hold everywhere or on databases whose pattern fits', () => {
    const privileges = parseTargetGrants([
      'GRANT PROCESS, SELECT ON *.* TO `t`@`%`',
      'GRANT INSERT ON `shop\\_1`.* TO `t`@`%`',
      'GRANT UPDATE ON `shop_%`.* TO `t`@`%`',
      'GRANT DELETE ON `shop_1`.`users` TO `t`@`%`',
      'GRANT `role`@`%` TO `t`@`%`',
    ]);
    const all = ['SELECT', 'INSERT', 'UPDATE', 'DELETE'];
    expect(missingOn(privileges, 'shop_1', all)).toEqual(['DELETE']);
    expect(missingOn(privileges, 'shopx1', all)).toEqual(['INSERT', 'DELETE']);
    expect(missingOn(privileges, 'other', all)).toEqual(['INSERT', 'UPDATE', 'DELETE']);
    expect(hasPrivilege(privileges, 'PROCESS')).toBe(true);
    expect(hasPrivilege(privileges, 'SUPER')).toBe(false);
  });

  it('are complete with ALL', () => {
    const privileges = parseTargetGrants(['GRANT ALL PRIVILEGES ON `a.b`.* TO `t`@`%`']);
    expect(missingOn(privileges, 'a.b', ['DROP'])).toEqual([]);
    expect(missingOn(privileges, 'axb', ['DROP'])).toEqual(['DROP']);
  });
});
