/**
 * Connects a command: loads the settings that its flags name, and reports warnings and notes on stderr.
 *
 * @module
 */
import { loadSettings } from "../../config/load_settings.ts";
import type { Settings, SharedFlags } from "../../config/settings.ts";
import { connect, type Connection as Connected } from "../../connect/connect.ts";
import type { TapFactory } from "../../net/exchange_tap.ts";
import { combineObservers, type Observation, observerOf } from "../../net/observer.ts";
import { RunEvidence } from "../../observe/evidence/run_evidence.ts";
import type { RunningTelemetry } from "../../observe/otlp/start_telemetry.ts";
import { processTrace } from "../../responses/request/trace_context.ts";
import type { Warning } from "../../warning.ts";
import type { World } from "../../world/world.ts";
import type { Reporter } from "../output/reporter.ts";
import type { Host } from "./host.ts";
import { type NetworkFlags, settingsFlags } from "./shared_flags.ts";

/** The flags that configure a connection; each command has some of them. */
export type ConnectionFlags = NetworkFlags & SharedFlags & {
  /** Headers `NAME: VALUE` for requests to the provider. */
  readonly header?: readonly string[];
};

/** The parts that a command needs for requests to a provider. Dispose of it at the end of the command. */
export type Connection = Connected;

/**
 * Loads the settings and builds the connection. Opens no connection.
 *
 * @param host the process
 * @param flags the flags as given
 * @param reporter receives every warning, and with `-v` the roots and the notes of the network
 * @param options what the command adds
 * @throws CulvertError of configuration and trust
 */
export async function connectCommand(
  host: Host,
  flags: ConnectionFlags,
  reporter: Reporter,
  options: ConnectOptions = {},
): Promise<Connection> {
  const loaded = await loadSettings(settingsFlags(flags), host.world);
  const settings = flags.header === undefined
    ? loaded
    : (await import("./flags/header.ts")).withHeaders(loaded, flags.header, reporter.secrets);
  const parts = { settings, reporter, ...options };
  if (settings.provider.id !== "demo") return await connectWith({ world: host.world, ...parts });
  const { connectToDemo } = await import("./demo_connection.ts");
  return await connectToDemo(host, parts);
}

/** The options of a connection. */
export interface ConnectOptions {
  /** Receives every observation. */
  readonly observe?: (observation: Observation) => void;
  /** Creates the tap of each exchange, for a capture. */
  readonly tap?: TapFactory;
  /** Whether evidence about failed requests is stored for `culvert report`. Default true. */
  readonly keepsEvidence?: boolean;
}

/** The parts that {@link connectWith} uses. */
export interface ConnectionParts extends ConnectOptions {
  /** The process, or the environment of the demo network. */
  readonly world: World;
  readonly settings: Settings;
  readonly reporter: Reporter;
  /** Closed after the connection. */
  readonly beneath?: AsyncDisposable;
  /** The process around a simulated network. Telemetry is sent from there: its collector is a real one. */
  readonly outside?: { readonly settings: Settings; readonly world: World };
}

/**
 * Connects with settings that are already loaded.
 *
 * @throws CulvertError of trust; `proxy_invalid` for `--proxy`
 */
export async function connectWith(parts: ConnectionParts): Promise<Connection> {
  const { settings, reporter, world, beneath, keepsEvidence = true, observe = () => {}, outside } = parts;
  let evidence: RunEvidence | undefined;
  const telemetry = await telemetryFor(outside?.settings ?? settings, outside?.world ?? world);
  const own = observerOf((observation) => {
    if (observation.kind === "note") reporter.note(observation.message, observation.level);
    observe(observation);
    evidence?.observe(observation);
  });
  const observer = telemetry === undefined ? own : combineObservers(own, telemetry.observer);
  addSecrets(reporter, settings);
  const early: Warning[] = [];
  let warn = (warning: Warning): void => void early.push(warning);
  const connection = await connect(settings, world, {
    observer,
    warn: (warning) => warn(warning),
    secrets: reporter.secrets,
    ...(parts.tap === undefined ? {} : { tap: parts.tap }),
  });
  if (keepsEvidence && settings.provider.id !== "demo") {
    evidence = new RunEvidence({ provider: settings.provider, world, facts: connection.authenticator.facts });
  }
  telemetry?.attach(
    outside === undefined
      ? connection
      : await (await import("../../mock/demo.ts")).sourceOutside(outside.settings, outside.world),
  );
  summarize(early, reporter).forEach(reporter.warn);
  warn = reporter.warn;
  settings.notes.forEach((note) => reporter.note(note));
  reporter.note(`roots: ${connection.trust.description}`);
  return {
    ...connection,
    [Symbol.asyncDispose]: async () => {
      const unfinished = connection.finish();
      if (unfinished !== undefined) {
        reporter.progress(
          "saving the renewed login; a second Ctrl-C stops immediately, and the login is lost",
        );
        await unfinished;
      }
      await evidence?.save();
      for (const message of await telemetry?.close(TELEMETRY_DEADLINE_MS) ?? []) reporter.note(message);
      connection.close();
      await beneath?.[Symbol.asyncDispose]();
    },
  };
}

/** Longest time that the end of a command waits for the export of telemetry, ms. */
const TELEMETRY_DEADLINE_MS = 2_000;

async function telemetryFor(settings: Settings, world: World): Promise<RunningTelemetry | undefined> {
  if (settings.telemetry === undefined || settings.telemetry.destinations.length === 0) return undefined;
  const { startTelemetry } = await import("../../observe/otlp/start_telemetry.ts");
  return startTelemetry({ settings, world, trace: processTrace(world.env) });
}

/**
 * Registers values that must not be shown: the password of `--proxy`, and the headers and parameters of a
 * provider.
 */
function addSecrets({ secrets }: Reporter, { proxy, provider }: Settings): void {
  secrets.addAddress(proxy);
  secrets.addAddress(provider.baseUrl);
  secrets.add(...Object.values(provider.queryParams), ...Object.values(provider.headers));
}

/**
 * Maximum number of warnings of one kind; further ones are counted, since an old bundle may contain dozens of
 * expired roots.
 */
const SAME_KIND = 2;

function summarize(warnings: readonly Warning[], reporter: Reporter): readonly Warning[] {
  if (reporter.level > 0) return warnings;
  // Only warnings about certificates are limited; every unknown key of a configuration is reported.
  const isCounted = ({ code }: Warning) => /^(ca|system_root)_/.test(code);
  return [...Map.groupBy(warnings, ({ code }) => code).values()].flatMap((same) => {
    const [first] = same;
    if (first === undefined || same.length <= SAME_KIND || !isCounted(first)) return same;
    return [{
      ...first,
      message: `${first.message}; and ${same.length - 1} similar warnings: culvert ca inspect`,
    }];
  });
}
