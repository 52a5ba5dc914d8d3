import { LOCAL_ROWS } from "../../doctor/local_check_rows.ts";
import { diagnoseAsProcess } from "./process_kit.ts";

for (const { name, check } of LOCAL_ROWS) {
  Deno.test(`doctor --json: ${name}`, () => check(diagnoseAsProcess));
}
