/**
 * The report as a JSON value with a fixed shape.
 *
 * @module
 */
import type { EvidenceTags } from "../../observe/evidence/feedback_tags.ts";
import { observationFacts } from "../../observe/evidence/observation_facts.ts";
import type { AuthStatus } from "../../auth/policy/status.ts";
import type { DetailValue } from "../../errors.ts";
import type { Observation } from "../../net/observer.ts";
import { VERSION } from "../../version.ts";
import type { Warning } from "../../warning.ts";
import type { Connection } from "../command/connection.ts";
import type { ProbeResult } from "./probe.ts";

/** Parameters of {@link buildReport}. */
export interface ReportParts {
  readonly connection: Connection;
  readonly status: AuthStatus;
  readonly attempts: readonly ProbeResult[];
  readonly seen: readonly Observation[];
  readonly warnings: readonly Warning[];
  readonly tags: EvidenceTags;
  /** Records of earlier runs with a refusal or a failure, the latest first. */
  readonly failedRuns: readonly DetailValue[];
}

/** Builds the report. The caller must pass it through the redactor. */
export function buildReport(parts: ReportParts): Readonly<Record<string, DetailValue>> {
  const { connection, status, warnings, tags } = parts;
  const { settings, dialer, world } = connection;
  return {
    type: "culvert.report",
    schema_version: 1,
    created_at: new Date(world.now()).toISOString(),
    versions: {
      culvert: VERSION,
      deno: Deno.version.deno,
      v8: Deno.version.v8,
      os: Deno.build.os,
      os_release: osRelease(),
      arch: Deno.build.arch,
    },
    settings: {
      provider: settings.provider.id,
      base_url: hostOf(status.baseUrl),
      model: settings.model,
      transport: settings.transport,
      supports_websockets: settings.provider.supportsWebsockets,
      has_config_file: settings.configPath !== undefined,
    },
    trust: { description: dialer.trust.description, roots: { ...dialer.trust.counts } },
    auth: {
      usable: status.usable,
      mode: status.mode,
      source_kind: status.source.kind,
      // The variable of a provider may have any name, even that of a key; the tags say that it is configured.
      source: status.source.kind === "provider_env" ? "configured" : status.source.name,
      plan: status.plan ?? null,
      expires_at: status.expiresAt === undefined ? null : new Date(status.expiresAt).toISOString(),
      can_renew: status.canRenew,
      shadowed: status.shadowed,
      problems: status.source.kind === "none" && settings.provider.envKey !== undefined
        ? []
        : status.problems,
    },
    attempts: parts.attempts.map(attemptFacts),
    failed_runs: parts.failedRuns,
    observations: parts.seen.map(observationFacts).filter((facts) => facts !== undefined),
    tags,
    warnings: warnings.map(({ code, message }) => ({ code, message })),
  };
}

function attemptFacts(attempt: ProbeResult): DetailValue {
  const { error } = attempt;
  return {
    transport: attempt.transport,
    url: attempt.url,
    route: attempt.route,
    ok: attempt.ok,
    error: error === undefined ? null : { code: error.code, message: error.message, details: error.details },
  };
}

/** Returns scheme, host and path. A query may contain a key. */
function hostOf(text: string): string {
  const url = URL.parse(text);
  return url === null ? "invalid" : `${url.protocol}//${url.host}${url.pathname}`;
}

function osRelease(): string | null {
  try {
    return Deno.osRelease();
  } catch (error) {
    // An embedding program may not permit it.
    if (error instanceof Deno.errors.NotCapable) return null;
    throw error;
  }
}
