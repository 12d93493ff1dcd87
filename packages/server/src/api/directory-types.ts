import type { DirectoryType } from "@dirsync/sdk";

/** The directory types the service knows (contract of `type`). Each decides which dialect is expected over SCIM. */
export const directoryTypes = [
  "azure scim v2.0",
  "bamboohr",
  "breathe hr",
  "cezanne hr",
  "cyberark scim v2.0",
  "fourth hr",
  "generic scim v2.0",
  "gsuite directory",
  "hibob",
  "jump cloud scim v2.0",
  "okta scim v2.0",
  "onelogin scim v2.0",
  "people hr",
  "personio",
  "pingfederate scim v2.0",
  "rippling scim v2.0",
  "s3",
  "sailpoint scim v2.0",
  "sftp",
  "sftp workday",
  "workday",
] as const satisfies readonly DirectoryType[];
