/** `culvert capture --ship` into Debian's clickhouse-server while the program runs. */
import { rowsOf } from "../../lib/capture/export/clickhouse/rows.ts";
import { QUERIES } from "../../lib/capture/export/clickhouse/schema.ts";
import { loadDirectory } from "../../lib/capture/record/read/exchanges.ts";
import { startNetwork } from "../../lib/mock/network.ts";
import { assert, assertEquals, assertIncludes } from "../support/assert.ts";
import { culvert } from "../support/culvert.ts";
import { join } from "../support/paths.ts";
import { testWith } from "../support/programs.ts";
import { drivenCapture } from "./driven_capture.ts";
import { type ClickHouse, startClickHouse } from "./peers/clickhouse.ts";

const COUNT = "SELECT count() FROM culvert_events";
const STATE = "SELECT count(), uniqExact(capture_id, seq) FROM culvert_events";

async function rowCount(directory: string): Promise<number> {
  using capture = await loadDirectory(directory);
  return [...rowsOf(capture)].length;
}

/** Waits until the table has more than `count` rows, at most 20 s. */
async function rowsAbove(clickhouse: ClickHouse, count: number): Promise<number> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const rows = Number(await clickhouse.query(COUNT).catch(() => "0"));
    if (rows > count) return rows;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`The table did not get more than ${count} rows`);
}

await testWith(
  ["clickhouse-server", "curl"],
  "records are in ClickHouse while the program runs; a server that is killed receives the rest after its restart, none twice",
  async () => {
    await using clickhouse = await startClickHouse();
    await using network = await startNetwork();
    const work = await Deno.makeTempDir({ prefix: "culvert-ship-" });
    try {
      const directory = join(work, "capture");
      await using driven = drivenCapture(network, ["-o", directory, "--ship", clickhouse.url]);
      await driven.next();
      const first = await rowsAbove(clickhouse, 10);
      await clickhouse.kill();
      await driven.next();
      await driven.says(/the insert is tried again/);
      await driven.next();
      await clickhouse.start();
      await driven.says(/answers again/);
      await rowsAbove(clickhouse, first);
      await driven.next();
      const log = await driven.end();
      const rows = await rowCount(directory);
      assertIncludes(log, `${rows} records inserted into culvert_events`);
      assertEquals(log.match(/the insert is tried again/g)?.length, 1, log);
      assertEquals(await clickhouse.query(STATE), `${rows}\t${rows}`);
      // A later export inserts nothing, and the table contains the facts of each model call.
      const again = await culvert(["export", directory, "--to", "clickhouse", clickhouse.url]);
      assertIncludes(again.stderr, "0 records inserted into culvert_events");
      const answers = new Map<string, string>();
      for (const { name, sql } of QUERIES) {
        answers.set(name, await clickhouse.query(`${sql} FORMAT TabSeparated`));
      }
      assertEquals(answers.get("slowest first token")?.split("\n").length, 4);
      assertEquals(answers.get("largest prompts")?.split("\n").length, 4);
      assertIncludes(answers.get("share of cached tokens by model and hour") ?? "", "gpt-5.2");
      console.log(`${rows} records shipped, ${first} of them before the server was killed.`);
    } finally {
      await Deno.remove(work, { recursive: true });
    }
  },
);

await testWith(
  ["clickhouse-server", "curl"],
  "an unreachable ClickHouse does not delay the program: missing records are counted, and an export inserts them",
  async () => {
    await using clickhouse = await startClickHouse();
    await using network = await startNetwork();
    const work = await Deno.makeTempDir({ prefix: "culvert-ship-" });
    try {
      const directory = join(work, "capture");
      await using driven = drivenCapture(network, ["-o", directory, "--ship", clickhouse.url]);
      await driven.next();
      await rowsAbove(clickhouse, 10);
      await clickhouse.kill();
      await driven.next();
      await driven.says(/the insert is tried again/);
      const log = await driven.end();
      const left = Number(/(\d+) records? w(?:as|ere) not inserted/.exec(log)?.[1]);
      assert(left > 0, log);
      assertIncludes(log, "2 exchanges recorded");
      await clickhouse.start();
      const rest = await culvert(["export", directory, "--to", "clickhouse", clickhouse.url]);
      assertIncludes(rest.stderr, `${left} records inserted into culvert_events`);
      const rows = await rowCount(directory);
      assertEquals(await clickhouse.query(STATE), `${rows}\t${rows}`);
    } finally {
      await Deno.remove(work, { recursive: true });
    }
  },
);

await testWith(
  ["clickhouse-server"],
  "a ClickHouse that cannot be used is reported before the program starts",
  async () => {
    await using clickhouse = await startClickHouse();
    const work = await Deno.makeTempDir({ prefix: "culvert-ship-" });
    try {
      const ship = (url: string, name: string) =>
        culvert(["capture", "-o", join(work, name), "--ship", url, "--", "echo", "started"]);
      const database = await ship(`${clickhouse.url}?database=missing`, "one");
      assertEquals([database.code, database.stdout], [7, ""]);
      assertIncludes(database.stderr, "missing");
      const address = await ship("localhost", "two");
      assertEquals([address.code, address.stdout], [2, ""]);
      await clickhouse.kill();
      const away = await ship(clickhouse.url, "three");
      assertEquals([away.code, away.stdout], [5, ""]);
    } finally {
      await Deno.remove(work, { recursive: true });
    }
  },
);
