import type { ProviderGuide } from "./provider.ts";

/** Whatever else speaks SCIM 2.0. */
export const generic: ProviderGuide = {
  slug: "generic",
  name: "Another SCIM 2.0 provider",
  directoryType: "generic scim v2.0",
  urlLabel: "SCIM address",
  tokenLabel: "Bearer token",
  steps: [
    "Create an application with provisioning (or user management) by SCIM 2.0 at your provider.",
    "Copy the address on this page to where it asks for the SCIM endpoint, base URL or service URL.",
    "Choose a bearer token as the way to authenticate, and copy the token. Where there is only Basic, the token is the password, and the user name may be anything.",
    "If there is a connection test, run it, and look for it under “What has arrived”.",
    "Let it create, update and deactivate users. Groups are optional.",
    "Assign the people who use the app.",
  ],
  notes: [
    "userName tells people apart, so it has to be there and must be different for each of them. An e-mail address is needed unless userName is one.",
    "Google Workspace cannot send to an address of your choice. Put a provider from this list behind it.",
  ],
};
