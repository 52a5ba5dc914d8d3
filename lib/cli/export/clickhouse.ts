/**
 * Implements `culvert export --to clickhouse`.
 *
 * @module
 */
import { plural } from "../../text/plural.ts";
import { clickHouseUrl } from "../../capture/export/clickhouse/client.ts";
import { insertCapture } from "../../capture/export/clickhouse/insert.ts";
import { redactedCapture } from "../../capture/export/shared_capture.ts";
import { ERROR_CODES } from "../../errors.ts";
import { openCapture } from "../capture/open_capture.ts";
import { connectCommand } from "../command/connection.ts";
import type { CliContext } from "../command/context.ts";
import { listenForStop } from "../command/stop_signals.ts";
import { createReporter } from "../output/reporter.ts";
import type { ExportFlags } from "./command.ts";

/** Inserts a capture. */
export async function exportToClickHouse(
  { host }: CliContext,
  flags: ExportFlags,
  path: string,
  address: string,
): Promise<void> {
  const reporter = createReporter(host, flags);
  const url = clickHouseUrl(address);
  using stop = listenForStop(host);
  using loaded = await openCapture(path, host, reporter);
  await using connection = await connectCommand(host, flags, reporter);
  const total = loaded.exchanges.reduce((all, exchange) => all + recordCount(exchange), 0);
  using line = reporter.wait("ClickHouse");
  const { inserted, present } = await insertCapture({
    capture: redactedCapture(loaded, flags.redact ?? "safe"),
    url,
    dialer: connection.dialer,
    world: host.world,
    signal: stop.signal,
    onProgress: (done) => line.setLabel(`ClickHouse, ${done} of ${total} records`),
    onRetry: ({ because, delayMs, retry, maxRetries }) =>
      reporter.warn({
        code: "clickhouse_retry",
        message: `ClickHouse at ${url.host}: ${causeText(because)}; trying again in ${
          Math.round(delayMs)
        } ms (${retry}/${maxRetries})`,
      }),
  });
  line.stop();
  reporter.progress(
    `${plural(inserted, "record")} inserted into culvert_events at ${url.host}; ${present} ${
      present === 1 ? "was" : "were"
    } there before`,
  );
}

function recordCount(
  { chunks, events, messages, interim, errors, request, response, open, close, end }: Exchanged,
): number {
  const single = [request, response, open, close, end].filter((record) => record !== undefined).length;
  return single + chunks.length + events.length + messages.length + interim.length + errors.length;
}

type Exchanged = Awaited<ReturnType<typeof openCapture>>["exchanges"][number];

/** Returns the cause of a retry in words. @param because an error code, or a status such as `http 503` */
function causeText(because: string): string {
  const [, known] = Object.entries(ERROR_CODES).find(([code]) => code === because) ?? [];
  return known?.brief ?? because;
}
