/**
 * The newest event is where the log's head is, so that no row besides it is written with each change. What is kept is the
 * place above which the next event must be all the same: where a log was put back, and was further once.
 */
export const logFloorSchema = `
alter table log_head rename to log_floor;
`;
