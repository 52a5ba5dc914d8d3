/** The two path functions the tests need, from the platform. */
export { join } from "node:path";
export { fileURLToPath as fromFileUrl } from "node:url";
