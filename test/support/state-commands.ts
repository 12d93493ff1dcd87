/**
 * Commands of the documents that ask a state file to which three people and their directory have come, or their server, and
 * what they say.
 */
export const stateCommands: readonly (readonly [command: RegExp, says: RegExp])[] = [
  [/^dirsync status$/, /^exec +4 .*\nhandlers +4 .*\nstdout +4 /m],
  [/^dirsync dead-letters list$/, /^/],
  [/^dirsync state$/, /^\S+ +Acme +active +3 +0 +0$/m],
  [/^dirsync state users$/, /^ID .*\n(?:directory_user_.*\n){3,}$/],
  [/^dirsync why priya\.ortega@example\.com$/, /^\* {2}.* dsync\.user\.created /m],
  [/^dirsync scim log --status 4xx$/, /^(?:No requests\.|TIME )/],
  [/^dirsync audit --limit 10$/, /api_key [0-9a-f]{8} .*directory\.created/],
  [/^dirsync server backup --out dirsync-backup\.db$/, /^backup .*\n.*\nholds +1 directory, 3 users, \d+ events\n/],
  [/^dirsync server restore dirsync-backup\.db --check$/, /^key +[0-9a-f]{8}$/m],
  [/^dirsync server restore dirsync-backup\.db --data server\.db$/, /^data +.*server\.db\nStart the server;/m],
  // Into a file, which e2e/server-openapi.test.ts reads.
  [/^dirsync server openapi > openapi\.json$/, /^$/],
];
