/** The path functions that the tests use. */
export { join } from "node:path";
export { fileURLToPath as fromFileUrl } from "node:url";
