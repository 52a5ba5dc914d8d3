/**
 * The facts of the process that every record contains.
 *
 * @module
 */
import { originator } from "../../connect/user_agent.ts";
import type { TelemetrySettings } from "../../config/otel/telemetry_settings.ts";
import { VERSION } from "../../version.ts";
import type { Environment } from "../../world/world.ts";

/** Facts of the process. */
export interface ProcessFacts {
  readonly originator: string;
  readonly version: string;
  /** The terminal program, or the kind of terminal. */
  readonly terminal: string;
  readonly serviceName: string;
  /** Attributes of the resource, for all signals; the gate removes those that a signal must not have. */
  readonly resource: Readonly<Record<string, string>>;
}

/** Originators that metrics name; anything else is `other`, so that the number of series stays bounded. */
const KNOWN_ORIGINATORS: ReadonlySet<string> = new Set([
  ...["culvert", "codex_desktop", "codex-app-server", "codex_mcp_server", "codex_cli_rs", "codex-tui"],
  ...["codex_vscode", "none", "codex_exec", "codex-cli", "codex_sdk_ts", "codex-app-server-sdk"],
]);

/** Returns the originator as metrics name it. */
export function boundedOriginator(name: string): string {
  return KNOWN_ORIGINATORS.has(name) ? name : "other";
}

/** Collects the facts. The host name is omitted if it cannot be read. */
export function processFacts(settings: TelemetrySettings, env: Environment): ProcessFacts {
  const name = originator(env);
  const serviceName = settings.serviceName ?? settings.resource["service.name"] ?? name;
  const host = hostName();
  return {
    originator: name,
    version: VERSION,
    terminal: env("TERM_PROGRAM") || env("TERM") || "unknown",
    serviceName,
    resource: {
      ...settings.resource,
      "service.name": serviceName,
      "service.version": VERSION,
      env: settings.environment,
      "telemetry.sdk.name": "culvert",
      "telemetry.sdk.language": "webjs",
      os: Deno.build.os,
      ...(host === "" ? {} : { "host.name": host }),
    },
  };
}

function hostName(): string {
  try {
    return Deno.hostname().trim();
  } catch (error) {
    // A program that embeds culvert may not have the permission.
    if (error instanceof Deno.errors.NotCapable) return "";
    throw error;
  }
}
