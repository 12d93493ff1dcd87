// Switches door badges on and off. Run by hook.sh once for each event.
import { text } from "node:stream/consumers";
import { noteReceived, openAppDatabase } from "./app-database.mjs";

const event = JSON.parse(await text(process.stdin));
const database = openAppDatabase(process.argv[2]);

database.transaction(() => {
  if (event.event.startsWith("dsync.user.")) {
    const opensDoors = event.event !== "dsync.user.deleted" && event.data.state === "active";
    database
      .prepare(
        "INSERT INTO badges VALUES (?, ?) ON CONFLICT (user_id) DO UPDATE SET opens_doors = excluded.opens_doors",
      )
      .run(event.data.id, opensDoors ? 1 : 0);
  }
  noteReceived(database, "badges", event);
})();
