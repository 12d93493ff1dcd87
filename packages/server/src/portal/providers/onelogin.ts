import type { ProviderGuide } from "./provider.ts";

/** OneLogin, by its general SCIM app. */
export const onelogin: ProviderGuide = {
  slug: "onelogin",
  name: "OneLogin",
  directoryType: "onelogin scim v2.0",
  urlLabel: "SCIM Base URL",
  tokenLabel: "SCIM Bearer Token",
  steps: [
    "In OneLogin open **Applications**, **Add App**, and add **SCIM Provisioner with SAML (SCIM v2 Enterprise)**.",
    "Open the **Configuration** tab. Copy the address on this page into **SCIM Base URL**, and the token into **SCIM Bearer Token**.",
    "Press **Enable** under **API Connection**, look for the test under “What has arrived”, and save.",
    "Under **Provisioning** tick **Enable provisioning**, and say what is to happen when a user is deleted: suspend or delete.",
    "Under **Parameters** let **Groups** be included in provisioning if the app should know them.",
    "Give people access through **Users** or **Roles**, and approve what waits under **Users** of the app.",
  ],
  notes: [
    "OneLogin says nothing when a role or group is taken off the app: take the people off it as well, or their memberships stay.",
  ],
};
