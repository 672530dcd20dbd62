/**
 * How a tailrace knows the DDL of another in a binlog, where row changes are known by the checkpoint
 * row. The comment stands in front of the text; MySQL writes DROP TABLE anew and loses it, so the
 * session carries a thread id as well, where it may set one (`pseudo_thread_id`): query events carry it.
 */
export const OWN_DDL_COMMENT = '/* tailrace */';
export const OWN_DDL_THREAD_ID = 0x7472_6c63;

/** Makes a state database: nobody else's concern, whatever that task calls it and `ignore_own` says. */
export const OWN_STATE_COMMENT = '/* tailrace state */';
