/** Skips cases that cannot run everywhere. */

/**
 * Returns the name of a case, and whether it is skipped.
 *
 * @param lacks why it cannot run here, which is added to its name; `undefined` if it can
 * @param name the sentence
 */
export function skippedIf(
  lacks: string | undefined,
  name: string,
): { readonly name: string; readonly ignore: boolean } {
  return lacks === undefined
    ? { name, ignore: false }
    : { name: `${name} (skipped: ${lacks})`, ignore: true };
}

/** For cases that cannot run on Windows. */
export const ON_WINDOWS = Deno.build.os === "windows" ? "not on Windows" : undefined;

/** For cases that run only on Linux. */
export const OFF_LINUX = Deno.build.os === "linux" ? undefined : "only on Linux";

/** For cases that need `::1`, which some containers lack. */
export const WITHOUT_IPV6 = hasIpv6() ? undefined : "no IPv6 loopback on this machine";

function hasIpv6(): boolean {
  try {
    Deno.listen({ hostname: "::1", port: 0 }).close();
    return true;
  } catch {
    return false;
  }
}
