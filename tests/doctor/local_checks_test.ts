import { diagnose } from "./kit.ts";
import { LOCAL_ROWS } from "./local_check_rows.ts";

for (const { name, check } of LOCAL_ROWS) Deno.test(name, () => check(diagnose));
