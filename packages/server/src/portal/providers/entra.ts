import type { ProviderGuide } from "./provider.ts";

/** Microsoft Entra ID, by an enterprise application that is not in its gallery. */
export const entra: ProviderGuide = {
  slug: "entra",
  name: "Microsoft Entra ID",
  directoryType: "azure scim v2.0",
  urlLabel: "Tenant URL",
  tokenLabel: "Secret Token",
  steps: [
    "In the Entra admin center open **Enterprise applications**, **New application**, **Create your own application**, and choose the one that is not in the gallery.",
    "Open **Provisioning** of the new application and set the mode to **Automatic**.",
    "Under **Admin Credentials** copy the address on this page into **Tenant URL**, and the token into **Secret Token**.",
    "Press **Test Connection**, look for the test under “What has arrived”, and press **Save**.",
    "Under **Users and groups** assign the people and groups who use the application.",
    "Back in **Provisioning**, switch it on with **Start provisioning**. To see somebody arrive at once, use **Provision on demand**.",
  ],
  notes: [
    "Entra sends changes in cycles, some forty minutes apart.",
    "Members of groups inside an assigned group are not sent; assign those groups themselves.",
    "The address may end in ?aadOptscim062020; both ways in which Entra then writes changes are understood.",
  ],
};
