import { initial } from "./001-initial.ts";

/** SQL that brings a state file from version n to n + 1, by position. Never edit an entry that has been released. */
export const migrations: readonly string[] = [initial];
