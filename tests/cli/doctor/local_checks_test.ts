import { LOCAL_ROWS } from "../../doctor/checks/local_check_rows.ts";
import { testAsProcess } from "./process_kit.ts";

for (const row of LOCAL_ROWS) testAsProcess(row);
