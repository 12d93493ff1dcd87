/**
 * Lives the lives of a range of seeds and prints what they came to, as JSON. Arguments: the first seed, how many, the step
 * from one to the next, how many failing seeds are enough, and "afterwards" for a consumer that reads the log too late.
 * When its standard input ends, the life that is being lived is the last one.
 */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stopsWithInput } from "../seed-shares.ts";
import { live } from "./life.ts";
import type { LivesReport } from "./lives.ts";

async function main(numbers: readonly number[], isMisused: boolean): Promise<LivesReport> {
  const [first = 1, count = 1, step = 1, failuresMax = 3] = numbers;
  const folder = mkdtempSync(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "dirsync-scans-"));
  const report: LivesReport = { lives: 0, counts: {}, failures: [] };
  const isEnough = stopsWithInput();
  try {
    for (let index = 0; index < count && report.failures.length < failuresMax && !isEnough(); index += 1) {
      const life = await live(first + index * step, folder, { readsLogAfterwards: isMisused });
      report.lives += 1;
      for (const [what, times] of Object.entries(life.counts)) report.counts[what] = (report.counts[what] ?? 0) + times;
      if (life.wrong.length > 0) report.failures.push({ seed: life.seed, wrong: life.wrong });
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return report;
}

const given = process.argv.slice(2);
void main(given.slice(0, 4).map(Number), given[4] === "afterwards").then((report) => {
  // Timers of processes that were killed may still be running.
  process.stdout.write(JSON.stringify(report), () => process.exit(0));
});
