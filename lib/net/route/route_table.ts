/**
 * The one resolver of routes, for HTTP and websockets alike. The flag beats the environment; the environment
 * is read by rules of our own, because the runtime's differ per leg.
 *
 * @module
 */
import { checkValue } from "../../config/environment/variable_value.ts";
import type { Warning } from "../../warning.ts";
import type { Environment } from "../../world/world.ts";
import { type NoProxyList, parseNoProxy } from "./no_proxy.ts";
import { parseProxyAddress } from "./proxy_address.ts";
import type { ProxyEndpoint, Route, RouteTable } from "./route.ts";

/** What routes are made of. */
export interface RouteTableOptions {
  readonly env: Environment;
  /** `--proxy`: a proxy address, or `none`. Empty counts as not given. */
  readonly proxy?: string;
  /** Returns a variable as messages name it. Default: its name. */
  readonly label?: (variable: string) => string;
}

/** A table, and what was odd about the environment. */
export interface RouteTableResult {
  readonly routes: RouteTable;
  readonly warnings: readonly Warning[];
}

/**
 * Every variable by which a runtime or a library might choose a proxy by itself, in both cases. They are hidden
 * while connections are prepared.
 */
export const PROXY_VARIABLES: readonly string[] = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"]
  .flatMap((name) => [name, name.toLowerCase()]);

/**
 * Builds the table.
 *
 * - `--proxy URL` takes every connection through that proxy, `--proxy none` none; both set the environment
 *   aside, `NO_PROXY` and the exception for loopback included.
 * - Else loopback is reached directly: no proxy can reach this machine's own.
 * - Else `NO_PROXY` may say so.
 * - Else `https` and `wss` take `HTTPS_PROXY`, then `ALL_PROXY`; `http` and `ws` take `HTTP_PROXY`, then
 *   `ALL_PROXY`. Unlike the codex client (0.169.0), `wss` never falls to `HTTP_PROXY`: a turn that moves from
 *   websocket to HTTPS must keep its route.
 * - Of each variable the upper case form counts before the lower case one; an empty value is no value. With
 *   `REQUEST_METHOD` set (a CGI script), upper case `HTTP_PROXY` is not trusted, for there it may come from a
 *   request header (CVE-2016-5385).
 *
 * An address is parsed when it applies, so a broken `HTTP_PROXY` does not stop an `https` request.
 */
export async function createRouteTable(options: RouteTableOptions): Promise<RouteTableResult> {
  const flag = options.proxy?.trim() ?? "";
  if (flag.toLowerCase() === "none") {
    const route: Route = { kind: "direct", reason: "--proxy none" };
    return { routes: { resolve: () => route }, warnings: [] };
  }
  if (flag !== "") {
    const route: Route = { kind: "proxy", proxy: parseProxyAddress(flag, "--proxy"), source: "--proxy" };
    return { routes: { resolve: () => route }, warnings: [] };
  }
  return await fromEnvironment(options);
}

/** A variable that is set and not empty. */
interface Setting {
  readonly name: string;
  readonly value: string;
}

async function fromEnvironment(
  { env, label = (name) => name }: RouteTableOptions,
): Promise<RouteTableResult> {
  const warnings: Warning[] = [];
  const read = (name: string) => readBothCases(env, name, warnings);
  const http = read("HTTP_PROXY");
  const https = read("HTTPS_PROXY");
  const all = read("ALL_PROXY");
  const except = read("NO_PROXY");
  const list = except && await parseNoProxy(except.value, except.name);
  warnings.push(...list?.warnings ?? []);

  const parsed = new Map<Setting, ProxyEndpoint>();
  const endpointOf = (setting: Setting): ProxyEndpoint => {
    const known = parsed.get(setting);
    if (known !== undefined) return known;
    checkValue(setting.name, setting.value, "proxy_invalid");
    const endpoint = parseProxyAddress(setting.value, setting.name);
    parsed.set(setting, endpoint);
    return endpoint;
  };
  const resolve = (target: URL): Route => {
    const secure = target.protocol === "https:" || target.protocol === "wss:";
    const setting = (secure ? https : http) ?? all;
    if (setting === undefined) return { kind: "direct", reason: "no proxy is set" };
    const exception = exceptionFor(target, secure, list, except?.name);
    if (exception !== undefined) return { kind: "direct", reason: exception };
    return { kind: "proxy", proxy: endpointOf(setting), source: label(setting.name) };
  };
  return { routes: { resolve }, warnings };
}

function exceptionFor(
  target: URL,
  secure: boolean,
  list: NoProxyList | undefined,
  listName: string | undefined,
): string | undefined {
  const host = target.hostname.replace(/^\[|\]$/g, "");
  if (isLoopback(host)) return "loopback";
  const port = target.port === "" ? (secure ? 443 : 80) : Number(target.port);
  const entry = list?.match(host, port);
  return entry === undefined ? undefined : `${listName} entry "${entry}"`;
}

function readBothCases(env: Environment, upper: string, warnings: Warning[]): Setting | undefined {
  const settings: Setting[] = [];
  for (const name of [upper, upper.toLowerCase()]) {
    const value = env(name)?.trim() ?? "";
    if (value === "") continue;
    if (name === "HTTP_PROXY" && (env("REQUEST_METHOD") ?? "") !== "") {
      warnings.push({
        code: "http_proxy_untrusted",
        message: "HTTP_PROXY is not used because REQUEST_METHOD is set: in a CGI script it may come from a " +
          "request header; set http_proxy instead",
      });
    } else settings.push({ name, value });
  }
  const [first, second] = settings;
  if (first !== undefined && second !== undefined && first.value !== second.value) {
    warnings.push({
      code: "proxy_variables_disagree",
      message: `${first.name} and ${second.name} are both set and differ; ${first.name} is used`,
    });
  }
  return first;
}

/**
 * Whether a host is this machine by definition: `localhost` and names below it (RFC 6761 §6.3), 127.0.0.0/8,
 * `::1`.
 *
 * @param host as the URL parser gives it, without brackets
 */
export function isLoopback(host: string): boolean {
  const name = host.replace(/\.$/, "");
  return name === "localhost" || name.endsWith(".localhost") || /^127\.\d+\.\d+\.\d+$/.test(name) ||
    name === "::1" || /^::ffff:7f[0-9a-f]{2}:/.test(name);
}
