import type { ProviderGuide } from "./provider.ts";

/** PingFederate, by its SCIM connector. */
export const pingfederate: ProviderGuide = {
  slug: "pingfederate",
  name: "PingFederate",
  directoryType: "pingfederate scim v2.0",
  urlLabel: "SCIM URL",
  tokenLabel: "Access Token",
  steps: [
    "In PingFederate open **SP Connections** and create a connection with **Outbound Provisioning** of the type **SCIM Connector**.",
    "Under **Target** copy the address on this page into **SCIM URL**, and choose SCIM version **2.0**.",
    "Choose **OAuth 2 Bearer Token** as the authentication method, and copy the token into **Access Token**.",
    "Choose what becomes of users who are removed: disable or delete.",
    "Under **Manage Channels** add a channel from your directory, map its attributes, and give it the groups and the base to look in.",
    "Activate the channel and the connection.",
  ],
  notes: [
    "PingFederate does not test the connection: the first thing to be seen here is its first request.",
    "With **Basic** as the authentication method the token is the password, and the user name may be anything.",
    "Let it use SCIM 2.0; its channels of SCIM 1.1 are not understood.",
  ],
};
