/**
 * Implements `culvert view`.
 *
 * @module
 */
import { loadCapture } from "../../capture/export/load_capture.ts";
import { captureContext } from "../../capture/view/capture_context.ts";
import { detailOf } from "../../capture/view/view_detail.ts";
import { indexOf } from "../../capture/view/view_index.ts";
import type { ViewSource } from "../../capture/view/view_server.ts";
import { CulvertError } from "../../errors.ts";
import { absolutePath } from "../../world/absolute_path.ts";
import type { CliContext } from "../command/context.ts";
import { listenForStop } from "../command/stop_signals.ts";
import { createReporter } from "../output/reporter.ts";
import { listenOn } from "../serve/listen_port.ts";
import type { ViewFlags } from "./command.ts";

/** Runs the command. */
export async function run(context: CliContext, flags: ViewFlags, name: string): Promise<void> {
  const { host } = context;
  const path = absolutePath(name, host.world.cwd());
  if (flags.json === true) return await printJson(context, flags, path, name);
  const reporter = createReporter(host, flags);
  using stop = listenForStop(host);
  using source = await openSource(path);
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
    await new Promise<void>((resolve) => {
      stop.signal.addEventListener("abort", () => resolve(), { once: true });
      if (stop.signal.aborted) resolve();
    });
  } finally {
    await server.close();
  }
}

async function openSource(path: string): Promise<ViewSource & Disposable> {
  const isDirectory = await Deno.stat(path).then((info) => info.isDirectory, () => false);
  if (isDirectory) {
    const { followCapture } = await import("../../capture/view/live_capture.ts");
    return await followCapture(path);
  }
  const capture = await loadCapture(path);
  return {
    capture: () => capture,
    refresh: () => false,
    [Symbol.dispose]: () => capture[Symbol.dispose](),
  };
}

async function printJson({ host }: CliContext, flags: ViewFlags, path: string, name: string): Promise<void> {
  using capture = await loadCapture(path);
  if (flags.exchange === undefined) {
    await host.stdout.write(`${JSON.stringify(indexOf(capture))}\n`);
    return;
  }
  const exchange = capture.exchanges.find(({ id }) => id === flags.exchange);
  if (exchange === undefined) {
    throw new CulvertError("usage", `There is no exchange ${flags.exchange} in ${name}`, {
      hint: `culvert view ${name} --json lists them.`,
      details: { exchange: flags.exchange, path },
    });
  }
  const detail = detailOf(exchange, captureContext(capture));
  await host.stdout.write(`${JSON.stringify({ schema_version: 1, ...detail })}\n`);
}
