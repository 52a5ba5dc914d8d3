# Installs culvert on Windows (x64).
#
#   irm https://github.com/culvert/culvert/releases/latest/download/install.ps1 | iex
#
# Variables:
#   CULVERT_VERSION       a certain version, such as v0.1.0; default: the latest
#   CULVERT_INSTALL_DIR   where to put it; default %LOCALAPPDATA%\Programs\culvert
#   CULVERT_RELEASES      where to get it: a mirror that holds download/VERSION/FILE and latest/download/FILE
#
# The program is only installed when its SHA-256 is the one in the release's SHA256SUMS.
$ErrorActionPreference = 'Stop'
# The progress bar of Invoke-WebRequest makes large downloads many times slower in Windows PowerShell 5.1.
$ProgressPreference = 'SilentlyContinue'

$releases = if ($env:CULVERT_RELEASES) { $env:CULVERT_RELEASES } else { 'https://github.com/culvert/culvert/releases' }
$directory = if ($env:CULVERT_INSTALL_DIR) { $env:CULVERT_INSTALL_DIR } else { Join-Path $env:LOCALAPPDATA 'Programs\culvert' }
$from = if ($env:CULVERT_VERSION) { "$releases/download/$($env:CULVERT_VERSION)" } else { "$releases/latest/download" }
$asset = 'culvert-x86_64-pc-windows-msvc.exe.gz'
$work = Join-Path ([IO.Path]::GetTempPath()) ([IO.Path]::GetRandomFileName())
New-Item -ItemType Directory -Path $work | Out-Null

try {
  $sums = Join-Path $work 'SHA256SUMS'
  $packed = Join-Path $work 'culvert.gz'
  Invoke-WebRequest -UseBasicParsing -Uri "$from/SHA256SUMS" -OutFile $sums
  $wanted = Get-Content $sums | ForEach-Object {
    $sum, $name = $_ -split '\s+', 2
    if ($name -eq $asset) { $sum }
  }
  if (-not $wanted) { throw "install culvert: $from/SHA256SUMS does not list $asset" }
  Invoke-WebRequest -UseBasicParsing -Uri "$from/$asset" -OutFile $packed
  $got = (Get-FileHash -Algorithm SHA256 -Path $packed).Hash.ToLowerInvariant()
  if ($got -ne $wanted) {
    throw "install culvert: $asset is not what was published: SHA-256 is $got, should be $wanted. Nothing was installed"
  }

  New-Item -ItemType Directory -Force -Path $directory | Out-Null
  $program = Join-Path $directory 'culvert.exe'
  $source = [IO.File]::OpenRead($packed)
  try {
    $unpacked = New-Object IO.Compression.GzipStream($source, [IO.Compression.CompressionMode]::Decompress)
    $file = [IO.File]::Create("$program.new")
    try { $unpacked.CopyTo($file) } finally { $file.Dispose(); $unpacked.Dispose() }
  } finally { $source.Dispose() }
  Move-Item -Force -Path "$program.new" -Destination $program
  $installed = & $program --version
  if ($LASTEXITCODE -ne 0) { throw "install culvert: $program does not start" }

  Write-Output "Installed culvert $installed as $program"
  $userPath = [Environment]::GetEnvironmentVariable('Path', 'User')
  if (($userPath -split ';') -notcontains $directory) {
    [Environment]::SetEnvironmentVariable('Path', "$userPath;$directory", 'User')
    Write-Output "Added $directory to your PATH; open a new terminal to use it."
  }
} finally {
  Remove-Item -Recurse -Force $work
}
