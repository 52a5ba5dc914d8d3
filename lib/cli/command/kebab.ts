/**
 * The names of flags: as the code has them, and as they are typed.
 *
 * @module
 */

/** `caCert` → `ca-cert`, as the parser spells it. */
export function kebab(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
