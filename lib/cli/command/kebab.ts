/**
 * Converts the names of flags between the code and the command line.
 *
 * @module
 */

/** Converts `caCert` to `ca-cert`, as the parser does. */
export function kebab(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
