import type { Runtime } from "@dirsync/sdk";
import type { Store } from "../store/model.ts";
import { allEndpoints } from "./all-endpoints.ts";
import type { SecretBox } from "./secrets.ts";

/** Seals anew, under the first key of the box, what an older one of its keys has sealed, so that the older one can go. */
export async function renewSecrets(store: Store, box: SecretBox, { log }: Runtime): Promise<void> {
  let endpoints = 0;
  for (const { seq, id, secret, previous_secret: previous } of await allEndpoints(store)) {
    const [own, before] = [box.renew(secret, id), previous === null ? null : box.renew(previous, id)];
    if (own === null && before === null) continue;
    await store.write((data) =>
      data.webhookEndpoints.update(seq, {
        ...(own === null ? {} : { secret: own }),
        ...(before === null ? {} : { previous_secret: before }),
      }),
    );
    endpoints += 1;
  }
  if (endpoints > 0) log.info({ endpoints }, "secrets were encrypted anew with the first key; the older one may go");
}
