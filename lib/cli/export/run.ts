/**
 * Implements `culvert export`.
 *
 * @module
 */
import { plural } from "../../text/plural.ts";
import { findLeaks, MAX_LEAKS } from "../../capture/export/find_leaks.ts";
import { redactedCapture } from "../../capture/export/shared_capture.ts";
import type { Exchange, LoadedCapture } from "../../capture/record/read/exchanges.ts";
import { CulvertError } from "../../errors.ts";
import { VERSION } from "../../version.ts";
import { openCapture } from "../capture/open_capture.ts";
import type { CliContext } from "../command/context.ts";
import { createReporter } from "../output/reporter.ts";
import type { ExportFlags } from "./command.ts";

/** A piece of the output. */
type Chunk = string | Uint8Array<ArrayBuffer>;

/** Runs the command. */
export async function run(
  context: CliContext,
  flags: ExportFlags,
  name?: string,
  url?: string,
): Promise<void> {
  const { host } = context;
  if (flags.schema === true || flags.queries === true) {
    const { queryScript, SCHEMA } = await import("../../capture/export/clickhouse/schema.ts");
    return await host.stdout.write(flags.schema === true ? SCHEMA : queryScript());
  }
  const path = named(name, "DIR", "culvert export DIR");
  if (flags.to === "clickhouse") {
    const { exportToClickHouse } = await import("./clickhouse.ts");
    return await exportToClickHouse(
      context,
      flags,
      path,
      named(url, "URL", "culvert export DIR --to clickhouse URL"),
    );
  }
  if (flags.to === "otlp") {
    const { exportToOtlp } = await import("./otlp.ts");
    return await exportToOtlp(context, flags, path, named(url, "URL", "culvert export DIR --to otlp URL"));
  }
  if (url !== undefined) {
    throw new CulvertError("usage", `"${url}" is an unexpected argument: a URL is only used with --to`, {
      hint: "Write --to clickhouse or --to otlp before it, or leave it out.",
    });
  }
  const reporter = createReporter(host, flags);
  const format = flags.format ?? "har";
  if (flags.output === undefined && format === "mitmproxy") refuseTerminal(context, path);
  const profile = flags.redact ?? (format === "html" ? "share" : "safe");
  using loaded = await openCapture(path, host, reporter);
  if (profile === "none") {
    reporter.warn({
      code: "unredacted",
      message: "--redact none: the export contains everything that was recorded, also secrets",
    });
  }
  const capture = redactedCapture(chosen(loaded, flags.exchange, path), profile);
  const output = flags.output === undefined ? undefined : await openFile(context, flags.output);
  const encoded = await encode(capture, format, flags);
  const chunks = flags.verify === true ? verified([...encoded.chunks], path) : encoded.chunks;
  if (output !== undefined) {
    await output.write(chunks);
    reporter.progress(`${plural(encoded.count(), "exchange")} written to ${flags.output}`);
  } else for (const chunk of chunks) await host.stdout.write(chunk);
}

function named(value: string | undefined, what: string, usage: string): string {
  if (value !== undefined) return value;
  throw new CulvertError("usage", `${what} is missing`, { hint: `Usage: ${usage}` });
}

function refuseTerminal({ host }: CliContext, path: string): void {
  if (!host.stdout.isTerminal) return;
  throw new CulvertError("usage", "--format mitmproxy would write a binary file to a terminal", {
    hint: `Name a file: culvert export ${path} --format mitmproxy -o FILE`,
  });
}

async function openFile({ host }: CliContext, path: string) {
  const { openOutput } = await import("../output/output_file.ts");
  return await openOutput(host, path, { secret: true });
}

/** Returns the capture, or the one exchange of it that was asked for. */
function chosen(capture: LoadedCapture, id: string | undefined, path: string): LoadedCapture {
  if (id === undefined) return capture;
  const exchanges = capture.exchanges.filter((exchange) => exchange.id === id);
  if (exchanges.length > 0) return { ...capture, exchanges };
  const [first, last] = [capture.exchanges[0]?.id, capture.exchanges.at(-1)?.id];
  throw new CulvertError("usage", `There is no exchange ${id} in ${path}`, {
    hint: first === undefined
      ? "The capture is empty."
      : `Its ${
        first === last ? `only exchange is ${first}` : `exchanges are ${first} to ${last}`
      }: culvert view ${path} --json`,
    details: { exchange: id, path },
  });
}

/** An export, whose pieces are made while they are written: a capture may be larger than the memory. */
interface Encoded {
  readonly chunks: Iterable<Chunk>;
  /** Returns how many exchanges the pieces contain; to be called after they were written. */
  readonly count: () => number;
}

async function encode(
  capture: LoadedCapture,
  format: NonNullable<ExportFlags["format"]>,
  flags: ExportFlags,
): Promise<Encoded> {
  const { exchanges } = capture;
  switch (format) {
    case "har": {
      const { harOf } = await import("../../capture/export/har_export.ts");
      const chunks = harOf(capture, {
        toolVersion: VERSION,
        ...(flags.harFlavor === undefined ? {} : { flavor: flags.harFlavor }),
      });
      return { chunks, count: () => exchanges.filter(({ request }) => request !== undefined).length };
    }
    case "jsonl": {
      const { jsonLinesOf } = await import("../../capture/export/jsonl_export.ts");
      return { chunks: jsonLinesOf(capture), count: () => exchanges.length };
    }
    case "mitmproxy": {
      const { flowsOf } = await import("../../capture/export/mitmproxy/flow_export.ts");
      return counted(flowsOf(capture));
    }
    case "html": {
      const { pageOf } = await import("../../capture/view/static_page.ts");
      return { chunks: [await pageOf(capture)], count: () => exchanges.length };
    }
    case "curl": {
      const { curlOf } = await import("../../capture/export/curl_export.ts");
      const exchange = lastModelCall(exchanges);
      if (exchange === undefined) {
        throw new CulvertError("usage", "The capture has no exchange to write as a command", {
          hint: "Name one with --exchange.",
        });
      }
      return { chunks: [curlOf(exchange, capture)], count: () => 1 };
    }
  }
}

/** Counts the pieces as they are taken. */
function counted(pieces: Iterable<Chunk>): Encoded {
  let count = 0;
  const chunks = (function* () {
    for (const piece of pieces) {
      count++;
      yield piece;
    }
  })();
  return { chunks, count: () => count };
}

function lastModelCall(exchanges: readonly Exchange[]): Exchange | undefined {
  const complete = exchanges.filter(({ request }) => request !== undefined);
  return complete.findLast(({ channel, request }) => channel === "model" && request?.method === "POST") ??
    complete.at(-1);
}

/** Returns the pieces. @throws CulvertError `check_failed` for secrets in them */
function verified(chunks: readonly Chunk[], path: string): readonly Chunk[] {
  const decoder = new TextDecoder();
  const texts = chunks.map((chunk) => typeof chunk === "string" ? chunk : decoder.decode(chunk));
  const leaks = findLeaks(texts.join(""));
  const [first] = leaks;
  if (first === undefined) return chunks;
  throw new CulvertError(
    "check_failed",
    `The export of ${path} contains ${
      leaks.length === MAX_LEAKS ? `${MAX_LEAKS} or more` : leaks.length
    } secrets; nothing was written`,
    {
      hint: `The first is on line ${first.line}, ${first.length} characters after ${
        JSON.stringify(first.before)
      }.`,
      details: { leaks: leaks.map(({ line, before, length }) => ({ line, before, length })) },
    },
  );
}
