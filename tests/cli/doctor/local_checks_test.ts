import { LOCAL_ROWS } from "../../doctor/checks/local_check_rows.ts";
import { testAsProcess } from "./process_kit.ts";
import { CREDENTIAL_ROWS } from "../../doctor/checks/credential_check_rows.ts";

for (const row of [...LOCAL_ROWS, ...CREDENTIAL_ROWS]) testAsProcess(row);
