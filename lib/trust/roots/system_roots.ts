/**
 * The roots of the operating system and of the runtime, and the runtime's opinion on a root.
 *
 * @module
 */
import type { RootsReader } from "./roots_reader.ts";
import { assembleRootsReader, type RootsReaderOptions } from "./assemble_roots_reader.ts";

export type { RootsReaderOptions };
export { checkRoot, STORE_FILES } from "./assemble_roots_reader.ts";

/**
 * Makes the reader of the machine's roots.
 *
 * @param options the world, whose variables are hidden from the system's loader
 */
export function rootsReader(options: RootsReaderOptions): RootsReader {
  return assembleRootsReader(options, { bundleReader: () => import("../bundle/bundle_reader.ts") });
}
