/**
 * Resolves the route of every connection, for HTTP and websockets. The flag takes precedence over the environment. The
 * environment is read here and not by the runtime, whose rules differ between `fetch` and websockets.
 *
 * @module
 */
import { checkValue } from "../../config/environment/variable_value.ts";
import type { Warning } from "../../warning.ts";
import type { Environment } from "../../world/world.ts";
import { isSecure, withoutBrackets } from "../target.ts";
import { type NoProxyList, parseNoProxy } from "./no_proxy.ts";
import { parseProxyAddress } from "./proxy_address.ts";
import type { ProxyEndpoint, Route, RouteTable } from "./route.ts";

/** Options of {@link createRouteTable}. */
export interface RouteTableOptions {
  readonly env: Environment;
  /** The value of `--proxy`: a proxy address, or `none`. An empty value counts as not given. */
  readonly proxy?: string;
  /** Returns the name of a variable for messages. Default: the name itself. */
  readonly label?: (variable: string) => string;
}

/** A route table, and warnings about the environment. */
export interface RouteTableResult {
  readonly routes: RouteTable;
  readonly warnings: readonly Warning[];
}

/**
 * The variables by which a runtime or a library may select a proxy, in upper and lower case. They are hidden
 * from the runtime while it creates a client.
 */
export const PROXY_VARIABLES: readonly string[] = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"]
  .flatMap((name) => [name, name.toLowerCase()]);

/**
 * Creates the route table.
 *
 * - With `--proxy URL` every connection uses that proxy, with `--proxy none` no connection uses one. The environment is
 *   ignored then, `NO_PROXY` and the rule for loopback included.
 * - Otherwise loopback addresses are reached directly, because a proxy cannot reach the loopback of this machine.
 * - Otherwise hosts that match `NO_PROXY` are reached directly.
 * - Otherwise `https` and `wss` use `HTTPS_PROXY`, or else `ALL_PROXY`; `http` and `ws` use `HTTP_PROXY`, or else
 *   `ALL_PROXY`. Unlike in the codex client (0.171.0), `wss` never uses `HTTP_PROXY`: a turn that changes from websocket
 *   to HTTPS must keep its route.
 * - The upper-case form of each variable takes precedence over the lower-case form; an empty value counts as unset. If
 *   `REQUEST_METHOD` is set, as in a CGI script, upper-case `HTTP_PROXY` is ignored, because it may come from a request
 *   header (CVE-2016-5385).
 *
 * An address is parsed when a connection needs it, so that an invalid `HTTP_PROXY` does not fail an `https` request.
 *
 * @throws CulvertError `proxy_invalid` for an invalid value of `--proxy`
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
    const secure = isSecure(target);
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
  const host = withoutBrackets(target.hostname);
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
 * Returns whether a host is a loopback name or address: `localhost` and its subdomains (RFC 6761 §6.3), 127.0.0.0/8,
 * `::1`, also as an IPv4-mapped address.
 *
 * @param host as the URL parser returns it, without brackets
 */
export function isLoopback(host: string): boolean {
  const name = host.replace(/\.$/, "");
  return name === "localhost" || name.endsWith(".localhost") || /^127\.\d+\.\d+\.\d+$/.test(name) ||
    name === "::1" || /^::ffff:7f[0-9a-f]{2}:/.test(name);
}
