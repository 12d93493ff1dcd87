import { superiors } from "./superiors.ts";
import { pathNames } from "./path-names.ts";
import type { Profile } from "./profile.ts";
import { composeProfile, type Rewrite } from "./rewrite.ts";
import { legacyUrns } from "./urns.ts";
import { valueShapes } from "./values.ts";

/**
 * Every tolerance we have. URNs first, because the others look attributes up by them; names before values, because a
 * name that is a path decides which schema its value follows.
 */
export const tolerances: readonly Rewrite[] = [legacyUrns, pathNames, superiors, valueShapes];

/** The profile of a provider we know nothing about, so it takes every habit we have seen. */
export const genericProfile: Profile = composeProfile("generic", tolerances);
