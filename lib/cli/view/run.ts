/**
 * Implements `culvert view`.
 *
 * @module
 */
import { loadCapture } from "../../capture/export/load_capture.ts";
import { detailContext, detailOf } from "../../capture/view/view_detail.ts";
import { indexOf } from "../../capture/view/view_index.ts";
import type { ViewServer, ViewSource } from "../../capture/view/view_server.ts";
import { CulvertError } from "../../errors.ts";
import { absolutePath } from "../../world/absolute_path.ts";
import type { CliContext } from "../command/context.ts";
import { listenForStop } from "../command/stop_signals.ts";
import { createReporter } from "../output/reporter.ts";
import type { ViewFlags } from "./command.ts";

/** Runs the command. */
export async function run(context: CliContext, flags: ViewFlags, name: string): Promise<void> {
  const { host } = context;
  const path = absolutePath(name, host.world.cwd());
  if (flags.json === true) return await printJson(context, flags, path, name);
  const reporter = createReporter(host, flags);
  using stop = listenForStop(host);
  using source = await openSource(path);
  const server = await start(source, flags, context);
  try {
    reporter.progress(`showing ${name}; Ctrl-C ends`);
    await host.stdout.write(`${server.url}\n`);
    if (flags.open ?? host.stdout.isTerminal) {
      const { isHeadless, openBrowser } = await import("../../auth/login/open_browser.ts");
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

async function start(source: ViewSource, flags: ViewFlags, { host }: CliContext): Promise<ViewServer> {
  const { startView } = await import("../../capture/view/view_server.ts");
  try {
    return await startView({
      source,
      world: host.world,
      ...(flags.port === undefined ? {} : { port: flags.port }),
    });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CulvertError("usage", `Cannot listen on 127.0.0.1:${flags.port ?? 0}: ${reason}`, {
      hint: "Choose another --port, or none to let the system choose.",
      details: { flag: "--port", port: flags.port ?? 0 },
      cause: error,
    });
  }
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
  const detail = detailOf(exchange, detailContext(capture));
  await host.stdout.write(`${JSON.stringify({ schema_version: 1, ...detail })}\n`);
}
