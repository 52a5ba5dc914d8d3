/**
 * Absolute paths without `node:path`, whose import takes 6 ms of processor time at start-up (Deno 2.9.6).
 *
 * @module
 */

/**
 * Resolves a path against a directory. `..` is kept, since its target depends on symbolic links.
 *
 * @param path absolute or relative, with the separators of the system
 * @param cwd absolute
 */
export function absolutePath(path: string, cwd: string): string {
  const isWindows = /^([A-Za-z]:[\\/]|\\\\)/.test(cwd);
  if (isWindows ? /^([A-Za-z]:[\\/]|[\\/])/.test(path) : path.startsWith("/")) return path;
  const relative = path.replace(isWindows ? /^(\.[\\/]+)+/ : /^(\.\/+)+/, "");
  const separator = isWindows ? "\\" : "/";
  return cwd.endsWith(separator) ? `${cwd}${relative}` : `${cwd}${separator}${relative}`;
}

/** Returns whether a path is absolute. */
export function isAbsolutePath(path: string): boolean {
  return /^([A-Za-z]:[\\/]|[\\/])/.test(path);
}

/**
 * Returns the directory of an entry.
 *
 * @param path absolute, and not the root
 */
export function parentPath(path: string): string {
  const isWindows = /^([A-Za-z]:[\\/]|\\\\)/.test(path);
  const end = isWindows ? Math.max(path.lastIndexOf("\\"), path.lastIndexOf("/")) : path.lastIndexOf("/");
  const root = isWindows ? 3 : 1;
  return path.slice(0, Math.max(end, root));
}
