import type { ProviderGuide } from "./provider.ts";

/** Rippling, by a custom app. */
export const rippling: ProviderGuide = {
  slug: "rippling",
  name: "Rippling",
  directoryType: "rippling scim v2.0",
  urlLabel: "SCIM Base URL",
  tokenLabel: "Bearer Token",
  steps: [
    "In Rippling open the app shop, choose to create a **Custom App**, and give it SCIM user management.",
    "Copy the address on this page into **SCIM Base URL**, and the token into **Bearer Token**.",
    "Asked what the server can do, say yes to groups, to creating, changing and deleting them, to PATCH, and to pagination.",
    "Let Rippling check the connection, and look for it under “What has arrived”.",
    "Say who is given the app, and when: on the day of hiring or before, and until when after somebody has left.",
  ],
  notes: [
    "Rippling acts on the dates of hiring and leaving, so people may be switched on or off hours after you changed something.",
  ],
};
