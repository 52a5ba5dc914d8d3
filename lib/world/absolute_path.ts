/**
 * Absolute paths, for what runs before the first request. `node:path` would do it too, and costs a program of few imports a third of its
 * start-up (6 ms of processor time beside 13, Deno 2.9.6).
 *
 * @module
 */

/**
 * Resolves a path against a directory. `..` stays, since what it leads to depends on symbolic links.
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

/** Whether a path stands without a working directory. */
export function isAbsolutePath(path: string): boolean {
  return /^([A-Za-z]:[\\/]|[\\/])/.test(path);
}

/**
 * The directory that an entry is in.
 *
 * @param path absolute, and not the root
 */
export function parentPath(path: string): string {
  const isWindows = /^([A-Za-z]:[\\/]|\\\\)/.test(path);
  const end = isWindows ? Math.max(path.lastIndexOf("\\"), path.lastIndexOf("/")) : path.lastIndexOf("/");
  const root = isWindows ? 3 : 1;
  return path.slice(0, Math.max(end, root));
}
