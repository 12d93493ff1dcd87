/** A process of `dirsync torture`. Started by it only. */
import { serveTorture } from "./torture/child.ts";

serveTorture();
