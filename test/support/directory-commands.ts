/** Commands of the documents that are about one directory, which is made for each of them, and what they say. */
export const directoryCommands: readonly (readonly [command: RegExp, says: RegExp])[] = [
  [/^dirsync idp entra /, /^\d+ passed · 0 failed · 0 skipped$/m],
  [/^dirsync idp okta --scenario leaver /, /"failed":0,/],
  [/^dirsync idp okta --users 100 /, /^ *100 +0 +200 /m],
  [/^dirsync directories mapping .* --map /, /"office": "addresses/],
  [/^dirsync directories mapping .* --role /, /"default_role": "member"/],
  [/^dirsync directories create /, /^Made directory_\w+, of org_\w+\.\nurl +http.*\ntoken +is in scim-token, /],
  [/^dirsync organizations create /, /^Made org_\w+\.\nIts admin connects a directory by: /],
  [/^dirsync directories link /, /^http\S+\/portal\/open\?token=dsync_\S+\n$/],
  [/^dirsync directories scim /, /^url +http\S+\/scim\/v2\.0\/\S+\n/],
  [/^dirsync directories tokens list /, /First token +provisioning .* never +never /],
  [/^dirsync directories tokens create .* read_only /, /^Made directory_token_\w+\. It may read until 20/],
  [/^dirsync directories tokens rotate /, /The one before works until 20/],
  [/^dirsync import .* --plan$/, /1 created .*\nA plan; nothing was changed/],
  [/^dirsync import .* --apply$/, /1 created .*\nDone\./],
];
