/** A clock that two processes of one machine share. */

/** Returns the time since 1970, ms, with fractions. */
export function clock(): number {
  return performance.timeOrigin + performance.now();
}
