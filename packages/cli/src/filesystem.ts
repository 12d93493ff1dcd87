import { existsSync, readFileSync, realpathSync } from "node:fs";
import { dirname } from "node:path";

/** What a state file may be on. */
export interface Filesystem {
  /** As the kernel calls it: `ext4`, `nfs4`, `overlay`. */
  readonly type: string;
  readonly mountPoint: string;
  /** Remote: locks may lie and shared memory does not exist, which SQLite relies on. */
  readonly isRemote: boolean;
  /** Gone with the machine or the container. */
  readonly isFleeting: boolean;
}

/** SQLite's write-ahead log needs shared memory between processes (sqlite.org/wal.html), which these do not have. */
const remote =
  /^(?:nfs\d?|cifs|smb\d?|smbfs|9p|afs|ceph|lustre|glusterfs|ncpfs|fuse\.(?:sshfs|s3fs|glusterfs|rclone|gcsfuse))$/;
const fleeting = /^(?:tmpfs|ramfs|overlay|aufs)$/;

/** The mounts of this process (proc(5)); null where the system does not tell. */
export function readMounts(): string | null {
  try {
    return readFileSync("/proc/self/mountinfo", "utf8");
  } catch {
    // Not Linux, or no /proc: nothing is known, and nothing is claimed.
    return null;
  }
}

/** The file system that a file is on or would be made on; null when it is not known. */
export function filesystemOf(path: string, mounts: string | null): Filesystem | null {
  if (mounts === null) return null;
  const place = nearestExisting(path);
  const found = mounts
    .split("\n")
    .map(parseMount)
    .filter((mount) => mount !== null)
    .filter(({ mountPoint }) => mountPoint === "/" || place === mountPoint || place.startsWith(`${mountPoint}/`));
  // Of two mounts at one place, the later one covers the earlier.
  const best = found.reduce<Mount | null>(
    (longest, mount) => (longest === null || mount.mountPoint.length >= longest.mountPoint.length ? mount : longest),
    null,
  );
  if (best === null) return null;
  return { ...best, isRemote: remote.test(best.type), isFleeting: fleeting.test(best.type) };
}

/** The folder that exists, at the path or above it, without symbolic links. */
export function nearestExisting(path: string): string {
  let place = path;
  while (!existsSync(place) && dirname(place) !== place) place = dirname(place);
  return realpathSync(place);
}

interface Mount {
  readonly mountPoint: string;
  readonly type: string;
}

/** `36 35 98:0 /root /mount/point rw master:1 - ext4 /dev/sda1 rw`; spaces in a path are octal. */
function parseMount(line: string): Mount | null {
  const [place, source] = line.split(" - ");
  const mountPoint = place?.split(" ")[4];
  const type = source?.split(" ")[0];
  if (mountPoint === undefined || type === undefined) return null;
  const plain = mountPoint.replaceAll(/\\(\d{3})/g, (_, octal: string) =>
    String.fromCharCode(Number.parseInt(octal, 8)),
  );
  return { mountPoint: plain, type };
}
