import type { directoryTypes } from "../../api/directory-types.ts";

/** What an admin has to do at one identity provider. Text in `**…**` is what the provider's own pages say. */
export interface ProviderGuide {
  /** Names it in forms and in the data file. */
  readonly slug: string;
  readonly name: string;
  /** What a directory of this provider has as its `type`. */
  readonly directoryType: (typeof directoryTypes)[number];
  /** The provider's own names for the two values. */
  readonly urlLabel: string;
  readonly tokenLabel: string;
  readonly steps: readonly string[];
  /** What surprises people about this provider. */
  readonly notes: readonly string[];
}
