/**
 * Reads the standard variables of OpenTelemetry (https://opentelemetry.io/docs/specs/otel/protocol/exporter/).
 *
 * @module
 */
import type { Warning } from "../../warning.ts";
import type { Environment } from "../../world/world.ts";
import type { Destination, Sampling, Signal } from "./telemetry_settings.ts";

/** Default time limit of one export, ms. */
const DEFAULT_TIMEOUT_MS = 10_000;
/** Default time between two exports of metrics, ms. */
const DEFAULT_INTERVAL_MS = 60_000;

/** Reads the variables of one process. */
export class TelemetryVariables {
  readonly #env: Environment;
  readonly #warnings: Warning[];

  /**
   * @param env an empty value counts as unset
   * @param warnings receives a warning for each unusable value
   */
  constructor(env: Environment, warnings: Warning[]) {
    this.#env = env;
    this.#warnings = warnings;
  }

  /** Returns whether `OTEL_SDK_DISABLED` is true. */
  get isDisabled(): boolean {
    return this.text("OTEL_SDK_DISABLED")?.toLowerCase() === "true";
  }

  /** Returns a variable without surrounding blanks. */
  text(name: string): string | undefined {
    const value = this.#env(name)?.trim();
    return value === "" ? undefined : value;
  }

  /** Returns the variable of a signal, or the general one, with its name. */
  #ofSignal(signal: Signal, general: string): { readonly name: string; readonly value: string } | undefined {
    for (const name of [general.replace("OTLP_", `OTLP_${signal.toUpperCase()}_`), general]) {
      const value = this.text(name);
      if (value !== undefined) return { name, value };
    }
    return undefined;
  }

  /**
   * Returns the destination of a signal from the variables. Unlike in the specification, nothing is sent
   * unless a variable enables it: an endpoint, or `OTEL_<SIGNAL>_EXPORTER=otlp`.
   */
  destination(signal: Signal): Destination | undefined {
    const exporterName = `OTEL_${signal.toUpperCase()}_EXPORTER`;
    const exporters = this.text(exporterName)?.toLowerCase().split(",").map((name) => name.trim());
    for (const name of exporters ?? []) {
      if (name !== "otlp" && name !== "none") {
        this.#warn(exporterName, `${name} is not supported; only otlp and none are`);
      }
    }
    if (exporters !== undefined && !exporters.includes("otlp")) return undefined;
    const endpoint = this.#ofSignal(signal, "OTEL_EXPORTER_OTLP_ENDPOINT");
    if (exporters === undefined && endpoint === undefined) return undefined;
    const protocol = this.#protocol(signal);
    if (protocol === undefined) return undefined;
    const { name: source, value } = endpoint ?? { name: exporterName, value: "http://localhost:4318" };
    const url = source === `OTEL_EXPORTER_OTLP_${signal.toUpperCase()}_ENDPOINT`
      ? value
      : withPath(value, `/v1/${signal}`);
    const files = this.#files(signal);
    const problem = addressProblem({ url, ...(files === undefined ? {} : { files }) });
    if (problem !== undefined) {
      this.#warn(
        source,
        `the address ${problem}, so nothing is sent there; write, for example, http://localhost:4318`,
      );
      return undefined;
    }
    return {
      signal,
      url,
      source,
      protocol,
      headers: this.#headers(signal),
      compression: this.compression(signal),
      timeoutMs: this.timeoutMs(signal),
      ...(files === undefined ? {} : { files }),
    };
  }

  /** Returns the time limit of one export, ms; a value that is not a positive number is ignored. */
  timeoutMs(signal: Signal): number {
    return positive(this.#ofSignal(signal, "OTEL_EXPORTER_OTLP_TIMEOUT")?.value) ?? DEFAULT_TIMEOUT_MS;
  }

  /** Returns the compression of a signal. */
  compression(signal: Signal): Destination["compression"] {
    const found = this.#ofSignal(signal, "OTEL_EXPORTER_OTLP_COMPRESSION");
    if (found === undefined || found.value === "none") return "none";
    if (found.value === "gzip") return "gzip";
    this.#warn(found.name, `${found.value} is not supported; gzip and none are`);
    return "none";
  }

  /** Returns the time between two exports of metrics, ms. */
  get metricIntervalMs(): number {
    return positive(this.text("OTEL_METRIC_EXPORT_INTERVAL")) ?? DEFAULT_INTERVAL_MS;
  }

  /** Returns the attributes of `OTEL_RESOURCE_ATTRIBUTES`. */
  get resource(): Readonly<Record<string, string>> {
    return this.#pairs("OTEL_RESOURCE_ATTRIBUTES", this.text("OTEL_RESOURCE_ATTRIBUTES"));
  }

  /** Returns whether `OTEL_PROPAGATORS` includes W3C Trace Context, which is the default. */
  get propagates(): boolean {
    const names = this.text("OTEL_PROPAGATORS")?.split(",").map((name) => name.trim());
    return names === undefined || names.includes("tracecontext");
  }

  /** Returns the sampler; the default is `parentbased_always_on`. */
  get sampling(): Sampling {
    const name = this.text("OTEL_TRACES_SAMPLER") ?? "parentbased_always_on";
    const isParentBased = name.startsWith("parentbased_");
    const ratio = Number(this.text("OTEL_TRACES_SAMPLER_ARG") ?? "1");
    switch (name.replace(/^parentbased_/, "")) {
      case "always_on":
        return { isParentBased, ratio: 1 };
      case "always_off":
        return { isParentBased, ratio: 0 };
      case "traceidratio":
        if (ratio >= 0 && ratio <= 1) return { isParentBased, ratio };
        this.#warn("OTEL_TRACES_SAMPLER_ARG", "it is not a number from 0 to 1");
        return { isParentBased, ratio: 1 };
      default:
        this.#warn("OTEL_TRACES_SAMPLER", `${name} is not supported`);
        return { isParentBased: true, ratio: 1 };
    }
  }

  #protocol(signal: Signal): Destination["protocol"] | undefined {
    const found = this.#ofSignal(signal, "OTEL_EXPORTER_OTLP_PROTOCOL");
    if (found === undefined) return "http/protobuf";
    if (found.value === "http/protobuf" || found.value === "http/json") return found.value;
    this.#warn(
      found.name,
      `${found.value} is not supported, so nothing is sent; use http/protobuf or http/json`,
    );
    return undefined;
  }

  #files(signal: Signal): Destination["files"] {
    const caCert = this.#ofSignal(signal, "OTEL_EXPORTER_OTLP_CERTIFICATE");
    const clientCert = this.#ofSignal(signal, "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE");
    const clientKey = this.#ofSignal(signal, "OTEL_EXPORTER_OTLP_CLIENT_KEY");
    const hasBoth = clientCert !== undefined && clientKey !== undefined;
    if (!hasBoth && (clientCert ?? clientKey) !== undefined) {
      this.#warn(
        (clientCert ?? clientKey)?.name ?? "",
        "a client certificate requires its key, and a key its certificate",
      );
    }
    if (caCert === undefined && !hasBoth) return undefined;
    return {
      ...(caCert === undefined ? {} : { caCert: { path: caCert.value, source: caCert.name } }),
      ...(hasBoth ? { clientCert: clientCert.value, clientKey: clientKey.value } : {}),
    };
  }

  #headers(signal: Signal): Readonly<Record<string, string>> {
    const found = this.#ofSignal(signal, "OTEL_EXPORTER_OTLP_HEADERS");
    const pairs = this.#pairs(found?.name ?? "", found?.value);
    return Object.fromEntries(
      Object.entries(pairs).filter(([name, value]) => {
        if (isHeader(name, value)) return true;
        this.#warn(found?.name ?? "", `the header ${name} is not valid and is ignored`);
        return false;
      }),
    );
  }

  /** Reads `key=value` pairs that are separated by commas; values are percent-encoded (W3C Baggage). */
  #pairs(name: string, list: string | undefined): Readonly<Record<string, string>> {
    const entries = (list ?? "").split(",").filter((pair) => pair.trim() !== "").flatMap((pair) => {
      const at = pair.indexOf("=");
      const key = pair.slice(0, at).trim();
      if (at > 0 && key !== "") return [[key, decoded(pair.slice(at + 1).trim())] as const];
      this.#warn(name, "an entry is not of the form key=value and is ignored");
      return [];
    });
    return Object.fromEntries(entries);
  }

  /** Adds a warning once: a general variable is read for each signal. */
  #warn(name: string, problem: string): void {
    const message = `${name}: ${problem}`;
    if (this.#warnings.some((known) => known.message === message)) return;
    this.#warnings.push({ code: "otel_variable", message });
  }
}

/** Returns what is wrong with the address of a destination, or `undefined`. */
export function addressProblem({ files, url }: Pick<Destination, "files" | "url">): string | undefined {
  const protocol = URL.parse(url)?.protocol ?? "";
  if (!/^https?:$/.test(protocol)) return "is not an http or https URL";
  return files?.clientCert !== undefined && protocol !== "https:"
    ? "must be an https URL, because a client certificate is configured"
    : undefined;
}

/** Appends to the path of an address, before its query. An invalid address is returned unchanged. */
function withPath(address: string, path: string): string {
  const url = URL.parse(address);
  if (url === null || !/^https?:$/.test(url.protocol)) return address;
  url.pathname = `${url.pathname.replace(/\/+$/, "")}${path}`;
  return url.href;
}

/** Returns whether name and value are valid in a header. */
export function isHeader(name: string, value: string): boolean {
  return /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name) && /^[\x20-\x7e\x80-\xff]*$/.test(value);
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

function positive(value: string | undefined): number | undefined {
  const number = Number(value ?? "");
  return Number.isFinite(number) && number > 0 ? number : undefined;
}
