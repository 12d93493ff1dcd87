import type { ProviderGuide } from "./provider.ts";

/** CyberArk Identity, by a web app with provisioning. */
export const cyberark: ProviderGuide = {
  slug: "cyberark",
  name: "CyberArk Identity",
  directoryType: "cyberark scim v2.0",
  urlLabel: "SCIM Service URL",
  tokenLabel: "Bearer Token",
  steps: [
    "In the CyberArk Identity admin portal open **Apps & Widgets**, **Web Apps**, and add a web app that can provision by SCIM.",
    "Open its **Provisioning** page and tick **Enable provisioning for this application**, in live mode.",
    "Copy the address on this page into **SCIM Service URL**.",
    "Choose **Authorization Header** as the authorization type and **Bearer Token** as the header type, and copy the token.",
    "Press **Verify**, look for the test under “What has arrived”, and save.",
    "Under **Role Mappings** add the roles who use the app, and start a synchronization under **Outbound Provisioning** in the settings.",
  ],
  notes: [
    "CyberArk says nothing when a role is taken off the app: take the people off it as well, or they stay.",
    "Roles arrive as groups.",
  ],
};
