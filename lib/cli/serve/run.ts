/**
 * Implementation of `culvert serve`.
 *
 * @module
 */
import { untilAborted } from "../../async/until_aborted.ts";
import { runChild } from "../../capture/child/run_child.ts";
import { startBackgroundRecorder } from "../../capture/record/background/background_recorder.ts";
import { type LendingOptions, startLendingRelay } from "../../capture/relay/lending_relay.ts";
import { randomToken } from "../../capture/relay/relay_guard.ts";
import type { TapFactory } from "../../net/exchange_tap.ts";
import type { RelayResult, RelayServer } from "../../net/server/relay_server.ts";
import { baseUrl } from "../../responses/request/url.ts";
import { VERSION } from "../../version.ts";
import { plural } from "../../text/plural.ts";
import { absolutePath } from "../../world/absolute_path.ts";
import { exportLine, guessShell } from "../ca/shell_exports.ts";
import { connectCommand, type Connection } from "../command/connection.ts";
import type { CliContext } from "../command/context.ts";
import type { Host } from "../command/host.ts";
import { listenForStop, stopStatus } from "../command/stop_signals.ts";
import { createReporter, type Reporter } from "../output/reporter.ts";
import type { ServeFlags } from "./command.ts";
import { summaryLine } from "../capture/record_command.ts";
import { listenOn } from "./listen_port.ts";
import { writeServerInfo } from "./server_info.ts";

const DRAIN_SECONDS = 30;

/** Runs the command. */
export async function run(context: CliContext, flags: ServeFlags, ...command: string[]): Promise<void> {
  const { host } = context;
  const reporter = createReporter(host, flags);
  await using connection = await connectCommand(host, flags, reporter);
  // Checked before the first request: without a credential the server has no purpose.
  const { mode, source } = await connection.authenticator.authorize();
  const localToken = flags.localAuth === false ? undefined : randomToken();
  const shutdown = flags.httpShutdown === true ? shutdownSwitch() : undefined;
  reporter.secrets.add(localToken, shutdown?.token);
  const recorder = flags.output === undefined ? undefined : await startBackgroundRecorder({
    directory: absolutePath(flags.output, host.world.cwd()),
    world: host.world,
    toolVersion: VERSION,
    warn: reporter.warn,
  });
  const server = await start(flags, connection, reporter, { localToken, shutdown, tap: recorder?.tap });
  try {
    const url = `http://127.0.0.1:${server.port}/v1`;
    const target = new URL(baseUrl(connection.settings.provider, mode));
    const credential = source.kind === "none" ? "no credential" : `the credential of ${source.name}`;
    reporter.progress(`listening on ${url}; relaying to ${target.origin} with ${credential}`);
    if (localToken === undefined) {
      reporter.warn({
        code: "no_local_auth",
        message: "--no-local-auth: every user and every program of this machine can use the credential",
      });
    }
    const variables = { OPENAI_BASE_URL: url, OPENAI_API_KEY: localToken ?? "unused" };
    await using _info = await writeServerInfo(host, flags.serverInfo, {
      port: server.port,
      pid: Deno.pid,
      base_url: url,
      ...(localToken === undefined ? {} : { api_key: localToken }),
      ...(shutdown === undefined ? {} : { shutdown_token: shutdown.token }),
    });
    context.status = command.length === 0
      ? await serveUntilStopped(host, server, variables, flags.drain ?? DRAIN_SECONDS, reporter, shutdown)
      : await runChild({
        command,
        env: variables,
        isTerminal: host.stdin.isTerminal,
        onSignal: host.onSignal,
      });
  } finally {
    await server.close();
    const summary = await recorder?.close();
    if (summary !== undefined) reporter.progress(summaryLine(summary));
  }
}

/** A switch that stops the server. */
interface ShutdownSwitch {
  readonly token: string;
  readonly run: () => void;
  readonly signal: AbortSignal;
}

function shutdownSwitch(): ShutdownSwitch {
  const controller = new AbortController();
  return { token: randomToken(), run: () => controller.abort(), signal: controller.signal };
}

async function start(
  flags: ServeFlags,
  connection: Connection,
  reporter: Reporter,
  { localToken, shutdown, tap }: {
    readonly localToken: string | undefined;
    readonly shutdown: ShutdownSwitch | undefined;
    readonly tap: TapFactory | undefined;
  },
): Promise<RelayServer> {
  const options: LendingOptions = {
    connection,
    recovered: (message) => reporter.progress(message),
    finished: (result) => reporter.note(resultLine(result)),
    refusesWebSockets: flags.websocket === false,
    ...(localToken === undefined ? {} : { localToken }),
    ...(shutdown === undefined ? {} : { shutdown }),
    ...(tap === undefined ? {} : { tap }),
    ...(flags.port === undefined ? {} : { port: flags.port }),
  };
  return await listenOn(flags.port, () => startLendingRelay(options));
}

function resultLine({ method, path, status, isUpgrade }: RelayResult): string {
  const what = `${isUpgrade ? "WEBSOCKET" : method} ${path}`;
  return status === 0 ? `${what}: the client closed the connection` : `${what}: ${status}`;
}

/** Serves until a signal or the shutdown request, then waits for running exchanges. @returns the exit code */
async function serveUntilStopped(
  host: Host,
  server: RelayServer,
  variables: Readonly<Record<string, string>>,
  drainSeconds: number,
  reporter: Reporter,
  shutdown: ShutdownSwitch | undefined,
): Promise<number> {
  using stop = listenForStop(host);
  const shell = guessShell(host.world.env("SHELL"));
  const lines = Object.entries(variables).map(([name, value]) => `${exportLine(shell, name, value)}\n`);
  await host.stdout.write(lines.join(""));
  const signals = shutdown === undefined ? [stop.signal] : [stop.signal, shutdown.signal];
  await untilAborted(AbortSignal.any(signals));
  const open = server.connections();
  if (open > 0) {
    reporter.progress(`stopping; ${plural(open, "connection")} still open, with ${drainSeconds} s to end`);
  }
  const drained = await Promise.race([
    server.drain().then(() => true),
    host.world.sleep(drainSeconds * 1000).then(() => false),
  ]);
  return drained ? 0 : stop.signal.aborted ? stopStatus(stop.signal) : 0;
}
