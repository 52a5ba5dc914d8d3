/** A simulated API for uploads, run as a child process. Prints its origin. */
import { startMockApi } from "../../lib/mock/api/api.ts";

const api = await startMockApi({ plain: true });
console.log(api.origin);
