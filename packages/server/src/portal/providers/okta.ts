import type { ProviderGuide } from "./provider.ts";

/** Okta, by an app of its catalogue. */
export const okta: ProviderGuide = {
  slug: "okta",
  name: "Okta",
  directoryType: "okta scim v2.0",
  urlLabel: "SCIM 2.0 Base URL",
  tokenLabel: "OAuth Bearer Token",
  steps: [
    "In the Okta admin console open **Applications** and **Browse App Catalog**. Add **SCIM 2.0 Test App (OAuth Bearer Token)**, under a name your colleagues will recognise.",
    "Open the **Provisioning** tab of the app, choose **Configure API Integration** and tick **Enable API integration**.",
    "Copy the address on this page into **SCIM 2.0 Base URL**, and the token into **OAuth Bearer Token**.",
    "Press **Test API Credentials**, look for the test under “What has arrived”, and press **Save**.",
    "Under **To App** choose **Edit**, tick **Create Users**, **Update User Attributes** and **Deactivate Users**, and save.",
    "Under **Assignments** assign the people or groups who use the app. Under **Push Groups** choose the groups whose members the app should know.",
  ],
  notes: [
    "Okta deactivates people who are unassigned, and never deletes them.",
    "A SCIM app of your own (App Integration Wizard) and the Basic or header templates of the catalogue work as well. For Basic the token is the password, and the user name may be anything.",
  ],
};
