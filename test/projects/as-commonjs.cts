/** An app in TypeScript that is compiled to CommonJS. Compiled, never run. */
// oxlint-disable typescript/no-require-imports -- this is how CommonJS imports
import sdk = require("@dirsync/sdk");
import webhooks = require("@dirsync/sdk/webhooks");

const { DirectorySync, isDirsyncError } = sdk;
const header: string = webhooks.sign({ payload: "{}", secret: "secret", timestampMs: 1 });
const page = new DirectorySync({ apiKey: header }).events.page({ events: ["dsync.user.created"] });
page.catch((error: unknown) => (isDirsyncError(error) ? error.retryable : false));
