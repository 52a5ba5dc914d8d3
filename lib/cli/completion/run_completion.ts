/**
 * Implements `culvert completion`. Each script passes the words typed so far to `culvert __complete`, and
 * lets the shell complete file names if there is no proposal.
 *
 * @module
 */
import type { Shell } from "./command.ts";
import type { CliContext } from "../command/context.ts";

// Bash splits `--flag=value` at the equals sign, and replaces only the part after it.
const bash = `# bash completion of culvert
_culvert() {
  local -a words=()
  local word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD}"; do
    [[ $word == "=" ]] || words+=("$word")
  done
  [[ \${COMP_WORDS[COMP_CWORD]} == "=" ]] && words+=("")
  local IFS=$'\\n'
  COMPREPLY=($("\${COMP_WORDS[0]}" __complete --shell bash -- "\${words[@]}" 2>/dev/null))
}
complete -o default -F _culvert culvert
`;

const zsh = `#compdef culvert
# zsh completion of culvert
_culvert() {
  setopt localoptions extendedglob
  local -a proposals
  proposals=("\${(@f)$("$words[1]" __complete --shell zsh -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ -n "\${proposals[1]}" ]]; then
    # Only the part behind the equals sign is replaced.
    if [[ $PREFIX == --*=* ]] && compset -P '*='; then
      proposals=("\${(@)proposals#--[^=]##=}")
    fi
    _describe -V culvert proposals
  else
    _files
  fi
}
if [[ "\${funcstack[1]}" == _culvert ]]; then _culvert "$@"; else compdef _culvert culvert; fi
`;

const fish = `# fish completion of culvert
function __culvert_complete
    set -l words (commandline -opc)
    set -l program $words[1]
    set -e words[1]
    set -l current (commandline -ct)
    set -l proposals ($program __complete --shell fish -- $words "$current" 2>/dev/null)
    if test (count $proposals) -gt 0
        printf '%s\\n' $proposals
    else
        __fish_complete_path "$current"
    end
end
complete -c culvert -f -a '(__culvert_complete)'
`;

const pwsh = `# PowerShell completion of culvert
Register-ArgumentCompleter -Native -CommandName culvert -ScriptBlock {
  param($wordToComplete, $commandAst, $cursorPosition)
  $words = @($commandAst.CommandElements | Select-Object -Skip 1 |
    Where-Object { $_.Extent.EndOffset -lt $cursorPosition } | ForEach-Object { $_.Extent.Text })
  # An empty last argument is dropped by some versions on its way to a program.
  $last = if ($wordToComplete) { $wordToComplete } elseif ($PSVersionTable.PSVersion -ge [version]'7.3') { '' } else { '""' }
  & $commandAst.CommandElements[0].Extent.Text __complete --shell pwsh -- @words $last 2>$null | ForEach-Object {
    $word, $brief = $_ -split "\`t", 2
    if (-not $brief) { $brief = $word }
    [System.Management.Automation.CompletionResult]::new($word, $word, 'ParameterValue', $brief)
  }
}
`;

const SCRIPTS: Readonly<Record<Shell, string>> = { bash, zsh, fish, pwsh };

/** Prints the script of a shell. */
export async function run(context: CliContext, _flags: object, shell: Shell): Promise<void> {
  await context.host.stdout.write(SCRIPTS[shell]);
}
