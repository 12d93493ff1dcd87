// Switches door badges on and off, and notes that the event arrived. Run by hook.sh once for each event.
import { text } from "node:stream/consumers";
import Database from "better-sqlite3";

const event = JSON.parse(await text(process.stdin));
const database = new Database(process.argv[2], { timeout: 5_000 });

database.transaction(() => {
  if (event.event.startsWith("dsync.user.")) {
    const opensDoors = event.event !== "dsync.user.deleted" && event.data.state === "active";
    database.prepare("INSERT OR REPLACE INTO badges VALUES (?, ?)").run(event.data.id, opensDoors ? 1 : 0);
  }
  database
    .prepare("INSERT INTO received (receiver, event_id, received_at) VALUES ('badges', ?, ?)")
    .run(event.id, Date.now());
})();
