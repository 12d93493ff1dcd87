import type { ProviderGuide } from "./provider.ts";

/** JumpCloud, by a custom application. */
export const jumpcloud: ProviderGuide = {
  slug: "jumpcloud",
  name: "JumpCloud",
  directoryType: "jump cloud scim v2.0",
  urlLabel: "Base URL",
  tokenLabel: "Token Key",
  steps: [
    "In the JumpCloud admin portal open **SSO Applications**, add a **Custom Application**, and let it manage users by SCIM.",
    "Open its **Identity Management** tab and choose **SCIM 2.0**.",
    "Copy the address on this page into **Base URL**, and the token into **Token Key**. Do not add a slash to the address.",
    "Enter a **Test User Email** that nobody uses, and press **Test Connection**.",
    "Switch on **Group Management** if the app should know groups, and press **Activate**.",
    "Under **User Groups** tick the groups who use the app, and save.",
  ],
  notes: [
    "The test and each activation make a real user and a real group and take them away again. The app may hear of both.",
  ],
};
