import type { Store } from "../store/model.ts";
import type { WebhookEndpointRow } from "../store/tables.ts";
import { wholeList } from "../store/windows.ts";

const endpointsPerRead = 100;

/** Every webhook endpoint, oldest first. */
export async function allEndpoints(store: Store): Promise<readonly WebhookEndpointRow[]> {
  const rows: WebhookEndpointRow[] = [];
  for (;;) {
    const window = { ...wholeList(endpointsPerRead), above: rows.at(-1)?.seq ?? 0 };
    const page = await store.read((data) => data.webhookEndpoints.list(window));
    rows.push(...page);
    if (page.length < endpointsPerRead) return rows;
  }
}
