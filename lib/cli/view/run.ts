/**
 * Implements `culvert view`.
 *
 * @module
 */
import { untilAborted } from "../../async/until_aborted.ts";
import { damageWarnings } from "../../capture/record/read/capture_damage.ts";
import { captureContext } from "../../capture/view/capture_context.ts";
import { detailOf } from "../../capture/view/view_detail.ts";
import { indexOf } from "../../capture/view/view_index.ts";
import type { ViewSource } from "../../capture/view/view_server.ts";
import { CulvertError } from "../../errors.ts";
import { capturePath, openCapture } from "../capture/open_capture.ts";
import type { CliContext } from "../command/context.ts";
import type { Host } from "../command/host.ts";
import { listenForStop } from "../command/stop_signals.ts";
import { createReporter, type Reporter } from "../output/reporter.ts";
import { listenOn } from "../serve/listen_port.ts";
import type { ViewFlags } from "./command.ts";

/** Runs the command. */
export async function run(context: CliContext, flags: ViewFlags, name: string): Promise<void> {
  const { host } = context;
  const reporter = createReporter(host, flags);
  if (flags.json === true) return await printJson(context, flags, name, reporter);
  using stop = listenForStop(host);
  using source = await openSource(name, host, reporter);
  const { startView } = await import("../../capture/view/view_server.ts");
  const port = flags.port === undefined ? {} : { port: flags.port };
  const server = await listenOn(flags.port, () => startView({ source, world: host.world, ...port }));
  try {
    reporter.progress(`showing ${name}; Ctrl-C ends`);
    await host.stdout.write(`${server.url}\n`);
    if (flags.open ?? host.stdout.isTerminal) {
      const { isHeadless, openBrowser } = await import("../../world/open_browser.ts");
      if (!isHeadless(host.world.env)) openBrowser(server.url, host.world.env);
    }
    await untilAborted(stop.signal);
  } finally {
    await server.close();
  }
}

async function openSource(name: string, host: Host, reporter: Reporter): Promise<ViewSource & Disposable> {
  const path = capturePath(name, host);
  const isDirectory = await Deno.stat(path).then((info) => info.isDirectory, () => false);
  if (isDirectory) {
    const { followCapture } = await import("../../capture/view/live_capture.ts");
    const source = await followCapture(path);
    for (const warning of damageWarnings(name, source.capture().damage)) reporter.warn(warning);
    return source;
  }
  const capture = await openCapture(name, host, reporter);
  return {
    capture: () => capture,
    refresh: () => false,
    [Symbol.dispose]: () => capture[Symbol.dispose](),
  };
}

async function printJson(
  { host }: CliContext,
  flags: ViewFlags,
  name: string,
  reporter: Reporter,
): Promise<void> {
  using capture = await openCapture(name, host, reporter);
  if (flags.exchange === undefined) {
    await host.stdout.write(`${JSON.stringify(indexOf(capture))}\n`);
    return;
  }
  const exchange = capture.exchanges.find(({ id }) => id === flags.exchange);
  if (exchange === undefined) {
    throw new CulvertError("usage", `There is no exchange ${flags.exchange} in ${name}`, {
      hint: `culvert view ${name} --json lists them.`,
      details: { exchange: flags.exchange, path: capture.path },
    });
  }
  const detail = detailOf(exchange, captureContext(capture));
  await host.stdout.write(`${JSON.stringify({ schema_version: 1, capture: capture.damage, ...detail })}\n`);
}
