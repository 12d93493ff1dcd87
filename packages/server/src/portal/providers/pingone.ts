import type { ProviderGuide } from "./provider.ts";

/** PingOne, by an outbound SCIM connection. */
export const pingone: ProviderGuide = {
  slug: "pingone",
  name: "PingOne",
  // It has no type of its own among those that apps know.
  directoryType: "generic scim v2.0",
  urlLabel: "SCIM Base URL",
  tokenLabel: "Oauth Access Token",
  steps: [
    "In PingOne open **Integrations**, **Provisioning**, and add a connection to an identity store of the type **SCIM Outbound**.",
    "Copy the address on this page into **SCIM Base URL**, with SCIM version **2.0**.",
    "Choose **OAuth 2 Bearer Token** as the authentication method, and copy the token into the field for the access token.",
    "Press **Test Connection** and look for it under “What has arrived”.",
    'Leave the user filter as it is, or set it to userName eq "%s"; choose whether users who leave are disabled or deleted.',
    "Save, switch the connection on, and add a **Rule** that says who is sent.",
  ],
  notes: [
    "Whether a group is merged or overwritten with each change is a choice in PingOne; both work.",
    "With **Basic** as the authentication method the token is the password, and the user name may be anything.",
  ],
};
