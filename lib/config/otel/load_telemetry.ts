/**
 * Merges the table `[otel]` and the standard variables: the table takes precedence over the variable of a signal, that over
 * the general variable, and that before the default.
 *
 * @module
 */
import { CulvertError } from "../../errors.ts";
import type { Warning } from "../../warning.ts";
import type { Environment } from "../../world/world.ts";
import type { ExporterValue, OtelTable } from "./otel_schema.ts";
import {
  type Destination,
  type DestinationFiles,
  type Signal,
  SIGNALS,
  type TelemetrySettings,
  type TracestateMember,
} from "./telemetry_settings.ts";
import { addressProblem, isHeader, TelemetryVariables } from "./telemetry_variables.ts";

/** The key of the table for each signal. */
const EXPORTER_KEYS = {
  traces: "trace_exporter",
  metrics: "metrics_exporter",
  logs: "exporter",
} as const satisfies Record<Signal, keyof OtelTable>;

/** The settings, and warnings about them. */
export interface LoadedTelemetry {
  readonly settings: TelemetrySettings;
  readonly warnings: readonly Warning[];
}

/**
 * Loads the settings of telemetry. A variable that cannot be used causes a warning, because it may be meant for other
 * programs.
 *
 * @param table the table `[otel]`; absent if the configuration has none
 * @param env the environment
 * @throws CulvertError `config` for a table with an address that is not an http or https URL, an invalid header, or a
 * client certificate without a key or a key without a certificate
 */
export function loadTelemetry(table: OtelTable = {}, env: Environment): LoadedTelemetry {
  const warnings: Warning[] = [];
  const variables = new TelemetryVariables(env, warnings);
  const destinations = variables.isDisabled ? [] : SIGNALS.flatMap((signal) => {
    const configured = table[EXPORTER_KEYS[signal]];
    const destination = configured === undefined
      ? variables.destination(signal)
      : fromTable(configured, signal, variables, warnings);
    return destination === undefined ? [] : [destination];
  });
  const serviceName = variables.text("OTEL_SERVICE_NAME");
  return {
    settings: {
      destinations,
      ...(serviceName === undefined ? {} : { serviceName }),
      environment: table.environment ?? "dev",
      resource: variables.resource,
      spanAttributes: spanAttributes(table.span_attributes ?? {}, warnings),
      tracestate: tracestate(table.tracestate ?? {}, warnings),
      logUserPrompt: table.log_user_prompt ?? false,
      logSseDeltas: table.log_sse_deltas ?? false,
      propagates: variables.propagates,
      sampling: variables.sampling,
      metricIntervalMs: variables.metricIntervalMs,
    },
    warnings,
  };
}

function fromTable(
  value: ExporterValue,
  signal: Signal,
  variables: TelemetryVariables,
  warnings: Warning[],
): Destination | undefined {
  const key = `otel.${EXPORTER_KEYS[signal]}`;
  // The destination of the vendor of the codex client: no records are sent there.
  if (value === "none" || value === "statsig") return undefined;
  if (!("otlp-http" in value)) {
    const message = `${key}: otlp-grpc is not supported, so no ${signal} are sent; use otlp-http`;
    warnings.push({ code: "otel_grpc", message });
    return undefined;
  }
  const { endpoint, headers = {}, protocol = "binary", tls = {} } = value["otlp-http"];
  const { "ca-certificate": caCert, "client-certificate": clientCert, "client-private-key": clientKey } = tls;
  if ((clientCert === undefined) !== (clientKey === undefined)) {
    throw new CulvertError(
      "config",
      `${key}: a client certificate requires its key, and a key its certificate`,
      {
        hint: "Set both client-certificate and client-private-key, or neither.",
        details: { key },
      },
    );
  }
  const files: DestinationFiles = {
    ...(caCert === undefined ? {} : { caCert: { path: caCert, source: `${key} ca-certificate` } }),
    ...(clientCert === undefined || clientKey === undefined ? {} : { clientCert, clientKey }),
  };
  for (const [name, text] of Object.entries(headers)) {
    if (isHeader(name, text)) continue;
    throw new CulvertError("config", `${key}: the header ${JSON.stringify(name)} is not valid`, {
      hint: "Correct its name, or remove line breaks from its value.",
      details: { key },
    });
  }
  const problem = addressProblem({ url: endpoint, files });
  if (problem !== undefined) {
    throw new CulvertError("config", `The address of telemetry in ${key} ${problem}`, {
      hint: "Write, for example, https://collector.example.com:4318/v1/traces.",
      details: { source: key },
    });
  }
  return {
    signal,
    url: endpoint,
    headers,
    protocol: protocol === "json" ? "http/json" : "http/protobuf",
    compression: variables.compression(signal),
    timeoutMs: variables.timeoutMs(signal),
    source: key,
    ...(Object.keys(files).length === 0 ? {} : { files }),
  };
}

/** Returns the valid entries; each of the others causes a warning. */
function spanAttributes(
  table: Readonly<Record<string, unknown>>,
  warnings: Warning[],
): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [key, value] of Object.entries(table)) {
    if (key.trim() !== "" && typeof value === "string") kept[key] = value;
    else warnings.push(leftOut(`otel.span_attributes.${JSON.stringify(key)}`, "it needs a name and a text"));
  }
  return kept;
}

/** Name of a member of `tracestate` (W3C Trace Context, §3.3.1.3.1). */
const MEMBER = /^(?:[a-z][a-z0-9_*/-]{0,255}|[a-z0-9][a-z0-9_*/-]{0,240}@[a-z][a-z0-9_*/-]{0,13})$/;
/** Name of a field, as the codex client accepts it: printable ASCII without the separators. */
const FIELD = /^(?:(?![:;,=])[\x21-\x7e])+$/;
/** Value of a field: printable ASCII without the separators, no blank at the end. */
const FIELD_VALUE = /^(?:(?![,=;])[\x20-\x7e])*(?![,=;])[\x21-\x7e]$/;

function tracestate(table: Readonly<Record<string, unknown>>, warnings: Warning[]): TracestateMember[] {
  return Object.entries(table).flatMap(([name, value]) => {
    const key = `otel.tracestate.${name}`;
    if (!MEMBER.test(name) || typeof value !== "object" || value === null) {
      warnings.push(leftOut(key, "it is not a member of tracestate with a table of fields"));
      return [];
    }
    const fields: Record<string, string> = {};
    for (const [field, text] of Object.entries(value)) {
      if (FIELD.test(field) && typeof text === "string" && FIELD_VALUE.test(text)) fields[field] = text;
      else warnings.push(leftOut(`${key}.${field}`, "it has a character that tracestate does not allow"));
    }
    return Object.keys(fields).length === 0 ? [] : [{ name, fields }];
  });
}

function leftOut(key: string, reason: string): Warning {
  return { code: "otel_entry", message: `${key} is ignored: ${reason}` };
}
