/**
 * Where a release cannot be built for want of its runtime, the binary under test is made with an older one, named by
 * `CULVERT_RUNTIME_UNDER_TEST`. A few cases ask for what that runtime does not have; they are skipped by name.
 */
import { skippedIf } from "./skipped.ts";

const OLD = /^2\.[0-4]\./.test(Deno.env.get("CULVERT_RUNTIME_UNDER_TEST") ?? "");

/** Cases that an older runtime cannot pass, by a part of their name, and what it lacks. */
const LACKING: readonly (readonly [name: RegExp, lacks: string])[] = [
  [/^ca fetch shows the interceptor's chain/, "its HTTP server cannot intercept"],
  [/^what is weak, odd or out of date about a chain/, "its TLS shows no chain over TLS 1.3"],
  [/culvert ca fetch api\.culvert\.test/, "its HTTP server cannot intercept"],
  [
    /a certificate (for another name|that has expired|that is not valid yet) fails/,
    "its TLS shows no chain over TLS 1.3",
  ],
  [/a name that does not resolve fails/, "it resolves names only while connecting"],
  [/the body is zstd/, "it has no zstd"],
  [/a port that web clients must not use/, "its fetch blocks no ports"],
  [/SOCKS closed/, "it does not tell a closed SOCKS proxy from a closed port"],
];

/**
 * Name and fate of a case.
 *
 * @param name the sentence
 */
export function unlessLacking(name: string): { readonly name: string; readonly ignore: boolean } {
  const lacks = OLD ? LACKING.find(([pattern]) => pattern.test(name))?.[1] : undefined;
  return skippedIf(lacks === undefined ? undefined : `the runtime under test is older: ${lacks}`, name);
}
