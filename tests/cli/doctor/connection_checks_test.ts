import { CONNECTION_ROWS } from "../../doctor/checks/connection_check_rows.ts";
import { testAsProcess } from "./process_kit.ts";

for (const row of CONNECTION_ROWS) testAsProcess(row);
