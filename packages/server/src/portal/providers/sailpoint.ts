import type { ProviderGuide } from "./provider.ts";

/** SailPoint, by its SCIM 2.0 connector. */
export const sailpoint: ProviderGuide = {
  slug: "sailpoint",
  name: "SailPoint",
  directoryType: "sailpoint scim v2.0",
  urlLabel: "Base URL",
  tokenLabel: "API Token",
  steps: [
    "In SailPoint open **Connections**, **Sources**, and create a source with the **SCIM 2.0** connector.",
    "Copy the address on this page into **Base URL**.",
    "Choose **API Token** as the authentication type, and copy the token.",
    "Press **Test Connection** and look for it under “What has arrived”.",
    "Run an account aggregation and an entitlement aggregation, so that SailPoint knows what is here.",
    "Map the accounts, and give people access by roles or access profiles.",
  ],
  notes: [
    "With **Basic** as the authentication type the token is the password, and the user name may be anything.",
    "SailPoint changes groups one member at a time and many at once; none of them is lost.",
  ],
};
