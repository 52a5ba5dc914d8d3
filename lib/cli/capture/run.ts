/**
 * Implementation of `culvert capture`.
 *
 * @module
 */
import { chooseMode, type ModeChoice, unusedFlags } from "../../capture/child/choose_mode.ts";
import { codexFlagsAt, proxyInDotEnv } from "../../capture/child/codex_program.ts";
import { combineTaps, Coverage } from "../../capture/child/coverage.ts";
import { coverageLines, folded } from "../../capture/child/coverage_text.ts";
import { isNodeProgram } from "../../capture/child/node_program.ts";
import { runChild } from "../../capture/child/run_child.ts";
import { startBackgroundRecorder } from "../../capture/record/background/background_recorder.ts";
import { channelHosts } from "../../capture/relay/channels.ts";
import { CulvertError } from "../../errors.ts";
import { withoutBrackets } from "../../net/target.ts";
import { absolutePath } from "../../world/absolute_path.ts";
import { VERSION } from "../../version.ts";
import { connectCommand, type Connection } from "../command/connection.ts";
import type { CliContext } from "../command/context.ts";
import { createReporter, type Reporter } from "../output/reporter.ts";
import type { CaptureFlags } from "./command.ts";
import type { LiveView } from "./live_view.ts";
import { summaryLine } from "./record_command.ts";
import { type Captured, startForward, startKeylog, startReverse } from "./start_capture.ts";
import { removeUnusedCapture } from "./unused_capture.ts";

/** Runs the command. */
export async function run(context: CliContext, flags: CaptureFlags, ...command: string[]): Promise<void> {
  const { host } = context;
  const reporter = createReporter(host, flags);
  await using connection = await connectCommand(host, flags, reporter);
  const choice = await choose(flags, command, connection);
  if (choice.warning !== undefined) reporter.warn({ code: "capture_blind", message: choice.warning });
  const isKeylog = choice.mode === "keylog";
  if (isKeylog && flags.redact !== undefined && flags.redact !== "none") {
    throw new CulvertError(
      "usage",
      `--redact ${flags.redact} is not possible in keylog mode, which stores all bytes as they were sent`,
      { hint: "Leave out --redact, or use --mode forward or --mode reverse." },
    );
  }
  for (const message of unusedFlags(choice.mode, flagsOfModes(flags))) {
    reporter.warn({ code: "flag_unused", message });
  }
  for (const line of folded(`capturing in ${choice.mode} mode: ${choice.reason}`)) reporter.progress(line);
  if (flags.redact === "none") {
    reporter.warn({
      code: "not_redacted",
      message: "--redact none: the capture will contain credentials in plain text",
    });
  }
  const directory = absolutePath(flags.output ?? directoryName(host.world.now()), host.world.cwd());
  const isNew = await Deno.lstat(directory).then(() => false, () => true);
  const recorder = await startBackgroundRecorder({
    directory,
    world: host.world,
    toolVersion: VERSION,
    redaction: isKeylog ? "none" : flags.redact ?? "safe",
    ...(flags.maxSize === undefined ? {} : { maxBytes: flags.maxSize }),
    ...(flags.rawChunks === undefined ? {} : { rawChunks: flags.rawChunks }),
    warn: reporter.warn,
  });
  const coverage = new Coverage();
  const parts = {
    connection,
    command,
    directory,
    tap: combineTaps(recorder.tap, coverage.tap),
    observe: observer(coverage, reporter),
    refusesWebSockets: flags.websocket === false,
    hosts: hostsToOpen(flags, connection),
    warn: reporter.warn,
    ...(flags.maxSize === undefined ? {} : { maxBytes: flags.maxSize }),
  };
  let view: LiveView | undefined;
  let ship: (() => Promise<void>) | undefined;
  const start = { forward: startForward, reverse: startReverse, keylog: startKeylog }[choice.mode];
  let capture: Captured | undefined;
  let hasRun = false;
  try {
    if (flags.live === true) {
      const { showLive } = await import("./live_view.ts");
      view = await showLive(directory, host.world);
      reporter.progress(`live view: ${view.url}`);
    }
    if (flags.ship !== undefined) {
      const { shipCapture } = await import("./ship_capture.ts");
      ship = await shipCapture(flags.ship, directory, connection, reporter);
    }
    capture = await start(parts);
    reporter.secrets.add(...capture.secrets);
    context.status = await runChild({
      command: capture.command,
      env: capture.env,
      isTerminal: host.stdin.isTerminal,
      onSignal: host.onSignal,
    });
    hasRun = true;
  } finally {
    try {
      await capture?.close();
    } finally {
      // Even if a file of the mode cannot be written, what was recorded is complete on disk.
      const summary = await recorder.close();
      await view?.[Symbol.asyncDispose]();
      const leftOut = view?.leftOut() ?? 0;
      if (leftOut > 0) {
        reporter.progress(
          `the live view omitted ${leftOut} earlier events; culvert view ${directory} shows all`,
        );
      }
      if (hasRun) {
        const isCodex = codexFlagsAt(command) !== undefined;
        for (const line of coverageLines(coverage, choice.mode, isCodex)) reporter.progress(line);
        if (!isKeylog) reporter.progress(summaryLine(summary));
        for (const line of capture?.remarks() ?? []) reporter.progress(line);
      }
      await ship?.();
      if (!hasRun) {
        await removeUnusedCapture(directory, { isNew, files: capture?.files ?? [] }, reporter.warn);
      }
    }
  }
}

async function choose(
  flags: CaptureFlags,
  command: readonly string[],
  { settings }: Connection,
): Promise<ModeChoice> {
  const isCodex = codexFlagsAt(command) !== undefined;
  const dotEnvProxy = isCodex ? await proxyInDotEnv(settings.codexHome) : undefined;
  return chooseMode({
    isCodex,
    isNode: isNodeProgram(command),
    ...flagsOfModes(flags),
    ...(flags.mode === undefined ? {} : { asked: flags.mode }),
    ...(dotEnvProxy === undefined ? {} : { dotEnvProxy }),
  });
}

/** The flags that belong to one mode. */
function flagsOfModes({ baseUrl, intercept }: CaptureFlags): Parameters<typeof unusedFlags>[1] {
  return { hasHosts: (intercept?.length ?? 0) > 0, ...(baseUrl === undefined ? {} : { baseUrl }) };
}

/** The hosts of the flag; without it those of the channels, and those that the configuration names. */
function hostsToOpen({ intercept }: CaptureFlags, { settings }: Connection): readonly string[] {
  if (intercept !== undefined && intercept.length > 0) return intercept.map((host) => host.toLowerCase());
  const configured = [settings.provider.baseUrl, settings.chatgptBaseUrl].flatMap((url) =>
    URL.parse(url ?? "")?.hostname ?? []
  );
  return [...new Set([...channelHosts(), ...configured.map(withoutBrackets)])];
}

/** Counts every event, and reports at once what leaves the program without a connection. */
function observer(coverage: Coverage, reporter: Reporter): Parameters<typeof startForward>[0]["observe"] {
  const reported = new Set<string>();
  return (event) => {
    coverage.observe(event);
    if (event.kind === "stray_request") {
      if (reported.has("stray")) return;
      reported.add("stray");
      return reporter.warn({
        code: "capture_stray",
        message:
          `A request to ${event.host} did not come through the proxy of this capture and was refused with ` +
          "403. Another program of this machine connected to a private port, or this runtime does not report the " +
          "ports of a connection: then use --mode reverse",
      });
    }
    if (event.kind !== "handshake_failed" || reported.has(event.host)) return;
    if (!coverage.isRefused(event.host, event.port)) return;
    reported.add(event.host);
    reporter.warn({
      code: "capture_refused",
      message:
        `The program refused the TLS connection of this capture for ${event.host} (${event.reason}). ` +
        "It may use its own roots. Use another --mode, or --intercept without this host",
    });
  };
}

function directoryName(now: number): string {
  return `culvert-capture-${
    new Date(now).toISOString().slice(0, 19).replaceAll(/[-:]/g, "").replace("T", "-")
  }`;
}
