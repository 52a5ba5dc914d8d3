/**
 * Implements `--ship`: inserts a capture into ClickHouse while its program runs.
 *
 * @module
 */
import { asCulvertError, CulvertError } from "../../errors.ts";
import { plural } from "../../text/plural.ts";
import { clickHouseUrl } from "../../capture/export/clickhouse/client.ts";
import { startShipping } from "../../capture/export/clickhouse/ship.ts";
import { PendingCapture } from "../../capture/export/clickhouse/pending_capture.ts";
import type { Connection } from "../command/connection.ts";
import type { Reporter } from "../output/reporter.ts";

/** Time that is waited for ClickHouse after the program has ended, ms. */
const FINISH_MS = 15_000;

/**
 * Starts to insert.
 *
 * @param directory of a capture whose recording has begun
 * @returns inserts the rest and reports what was inserted and what was not; to be called after the recording has ended
 * @throws CulvertError `usage` for the address; those of a server that cannot be used
 */
export async function shipCapture(
  address: string,
  directory: string,
  { dialer, world }: Connection,
  reporter: Reporter,
): Promise<() => Promise<void>> {
  const url = clickHouseUrl(address);
  reporter.secrets.addAddress(address);
  const source = await PendingCapture.open(directory);
  const where = `ClickHouse at ${url.host}`;
  const shipping = await startShipping({
    ...{ source, url, dialer, world },
    onTrouble: ({ message }) =>
      reporter.warn({
        code: "ship_delayed",
        message: `${where}: ${message}. The records are in ${directory}; the insert is tried again`,
      }),
    onResume: () => reporter.progress(`${where} answers again`),
  }).catch((error: unknown) => {
    source[Symbol.dispose]();
    throw notStarted(error, directory);
  });
  return async () => {
    const { inserted, left, error } = await shipping.finish(FINISH_MS);
    source[Symbol.dispose]();
    reporter.progress(`${plural(inserted, "record")} inserted into culvert_events at ${url.host}`);
    if (left === 0) return;
    reporter.warn({
      code: "ship_incomplete",
      message:
        `${plural(left, "record")} ${left === 1 ? "was" : "were"} not inserted${
          error === undefined ? "" : `: ${error.message}`
        }. ` +
        `culvert export ${directory} --to clickhouse URL inserts them`,
    });
  };
}

/** Adds to the failure of a server that the program does not run, and how to capture it nevertheless. */
function notStarted(error: unknown, directory: string): CulvertError {
  const { code, message, hint, details, cause } = asCulvertError(error);
  const next = `To continue without the server, leave out --ship; culvert export ${directory} --to ` +
    "clickhouse URL inserts the records later.";
  return new CulvertError(code, `The program was not started: ${message}`, {
    hint: hint === undefined ? next : `${next} ${hint}`,
    details,
    ...(cause === undefined ? {} : { cause }),
  });
}
