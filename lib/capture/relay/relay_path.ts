/**
 * Paths at a relay, and the URLs that they stand for.
 *
 * @module
 */
import { CulvertError } from "../../errors.ts";
import type { Origin } from "../../net/server/forward/upstream.ts";
import { isSecure, targetOf } from "../../net/target.ts";
import { RelayRefusal } from "./relay_error.ts";

/** The part of a path behind a mount point, with the query. */
export interface MountedPath {
  /** Begins with `/`, or is empty. */
  readonly path: string;
  /** Begins with `?`, or is empty. As it was sent. */
  readonly query: string;
}

/**
 * Splits a path of a request line.
 *
 * @param mount such as `/v1`
 * @returns `undefined` where the path is not below the mount point
 * @throws RelayRefusal 400 for a path that is not normalized: behind `..` it could reach something else of the server
 */
export function belowMount(path: string, mount: string): MountedPath | undefined {
  const at = path.indexOf("?");
  const plain = at < 0 ? path : path.slice(0, at);
  const query = at < 0 ? "" : path.slice(at);
  if (plain !== mount && !plain.startsWith(`${mount}/`)) return undefined;
  const url = URL.parse(`http://localhost${plain}`);
  const isNormal = url !== null && url.pathname === plain && !/%2f|%5c|\/\//i.test(plain);
  if (!isNormal) {
    throw new RelayRefusal(
      400,
      "bad_path",
      "The path has `..`, empty or encoded segments; this relay does not accept them",
    );
  }
  return { path: plain.slice(mount.length), query };
}

/** Where a request goes. */
export interface RelayTarget {
  readonly origin: Origin;
  /** Path and query for the request line. */
  readonly path: string;
}

/**
 * Joins a base URL and a path exactly once. The query of the client stays as it is; parameters of the base and of
 * the provider are added behind it.
 *
 * @param base an `http:` or `https:` URL
 * @throws CulvertError `config` when the base is no such URL
 */
export function relayTarget(
  base: string,
  { path, query }: MountedPath,
  parameters: Readonly<Record<string, string>> = {},
): RelayTarget {
  const url = URL.parse(base);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new CulvertError(
      "config",
      "The base URL to which requests are relayed is not an http or https URL",
      {
        hint: "Write it in full, such as https://api.openai.com/v1.",
      },
    );
  }
  const added = new URLSearchParams([...url.searchParams, ...Object.entries(parameters)]).toString();
  const joined = added === "" ? query : `${query}${query === "" ? "?" : "&"}${added}`;
  return {
    origin: { ...targetOf(url), isSecure: isSecure(url) },
    path: `${url.pathname.replace(/\/+$/, "")}${path}${joined}` || "/",
  };
}
