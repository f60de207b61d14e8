#!/usr/bin/env bash
# Tests the C# package as its users build it, against the shared library.
#
#   csharp.sh LIBRARY_DIR BUILD_DIR SAME_BITS
#
# SAME_BITS is the C program of that name. All output goes below BUILD_DIR. With FOVEA_ASAN_LIB_DIR=DIR only the
# tests run, against the library in DIR that was built with AddressSanitizer. FOVEA_NUGET_SOURCE=FOLDER: packages for a
# machine without a network.
set -uo pipefail
ulimit -c 0  # an exception that nobody catches ends a .NET program with SIGABRT
library=$(realpath "$1") build=$(realpath -m "$2")/csharp same_bits=$(realpath "$3")
root=$(cd "$(dirname "$0")/../.." && pwd)
cases_class=csharp
source "$root/tests/bindings/cases.sh"

command -v dotnet >/dev/null || skip_all 'no dotnet'
sdk=$(dotnet --version 2>/dev/null)
[ "${sdk%%.*}" -ge 8 ] 2>/dev/null || skip_all "no .NET SDK of version 8 or later (found: ${sdk:-none})"
# Nothing stays behind: no servers that wait for the next build, no folder in the source tree.
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_CLI_USE_MSBUILD_SERVER=0 MSBUILDDISABLENODEREUSE=1
export FOVEA_LIB_DIR=$library
out=$build/out
options=(--artifacts-path "$out" -p:UseSharedCompilation=false -p:NuGetAudit=false)
built=(--no-restore -c Release "${options[@]}")
mkdir -p "$build"
cd "$root/bindings/csharp" || exit 1

# What is on the machine first, for a feed that does not answer takes its time to fail.
restored() {
  local folder
  for folder in "${FOVEA_NUGET_SOURCE:-}" /usr/share/nuget/packages /opt/nuget/packages; do
    [ -n "$folder" ] && [ -d "$folder" ] && dotnet restore "$1" "${options[@]}" --source "$folder" && return
  done >"$build/restore.log" 2>&1 </dev/null
  dotnet restore "$1" "${options[@]}" >"$build/restore.log" 2>&1 </dev/null
}
for project in Fovea.Tests samples/Quickstart samples/SameBits samples/Overhead; do
  restored "$project" || skip_all "no NuGet feed has what the tests need: $(grep -m1 error "$build/restore.log")"
done

# One case for each of xunit's; one of its own where the program ended in another way.
dotnet_test() {
  local results=$build/results log=$build/test.log status found=0 before=$cases_failed result name reason
  rm -rf "$results"
  dotnet test Fovea.Tests --no-build "${built[@]}" --logger 'trx;LogFileName=tests.trx' --results-directory "$results" \
    "$@" >"$log" 2>&1 </dev/null
  status=$?
  while IFS=$'\t' read -r result name reason; do
    found=$((found + 1))
    case $result in
      Passed) add_case passed "$name" ;;
      NotExecuted) add_case skipped "$name" "$reason" ;;
      *) add_case failed "$name" "$reason" ;;
    esac
  done < <(python3 - "$results/tests.trx" <<'END'
import sys, xml.etree.ElementTree as ET
for result in ET.parse(sys.argv[1]).findall('.//{*}UnitTestResult'):
    reason = ' '.join(' '.join(message.text.split()) for message in result.findall('.//{*}Message') if message.text)
    print(result.get('outcome'), result.get('testName').removeprefix('Fovea.Tests.'), reason, sep='\t')
END
  )
  if [ $found -eq 0 ] || { [ $status -ne 0 ] && [ "$before" -eq "$cases_failed" ]; }; then
    add_case failed 'dotnet test' "$(tail -40 "$log")"
  fi
}

if [ -n "${FOVEA_ASAN_LIB_DIR:-}" ]; then
  # The sanitizer's library comes first in the tests' process, not in the compiler's. The runtime has its own use for
  # SIGSEGV, and memory that it keeps to the end.
  asan=$(${CC:-cc} -print-file-name=libasan.so)
  [ -f "$asan" ] || skip_all 'no libasan'
  dotnet build Fovea.Tests "${built[@]}" >"$build/build.log" 2>&1 </dev/null || { tail -30 "$build/build.log"; exit 1; }
  dotnet_test -e "LD_PRELOAD=$(readlink -f "$asan")" -e ASAN_OPTIONS=handle_segv=0:detect_leaks=0 \
    -e "FOVEA_LIB_DIR=$(cd "$FOVEA_ASAN_LIB_DIR" && pwd)"
  finish_cases
fi

# ---- everything builds without a warning
for project in Fovea.Tests samples/Quickstart samples/SameBits samples/Overhead; do
  check "build $project" dotnet build "$project" "${built[@]}" -warnaserror
done
dotnet_test

# ---- one truth across languages
same_as_c() {
  "$out/bin/SameBits/release/SameBits" "$build/csharp.fovea" >"$build/csharp.txt" || return 1
  "$same_bits" "$build/c.fovea" >"$build/c.txt" || return 1
  cmp "$build/csharp.txt" "$build/c.txt" && cmp "$build/csharp.fovea" "$build/c.fovea"
}
check 'same bits as C' same_as_c

# ---- a library that is missing, or of another version
says() {  # WORDS COMMAND...: the command fails, and its output has the words
  local words=$1 output
  shift
  output=$("$@" 2>&1) && { echo "no failure: $output"; return 1; }
  grep -qF "$words" <<<"$output" || { echo "'$words' is not in: $output"; return 1; }
}
program=$out/bin/SameBits/release/SameBits
check 'no library in FOVEA_LIB_DIR' says 'Let it name the folder that holds the native library' \
  env FOVEA_LIB_DIR="$build/nowhere" "$program" "$build/x"
alone=(env -u FOVEA_LIB_DIR -u LD_LIBRARY_PATH)
if found=$("${alone[@]}" "$program" "$build/x" 2>&1); then
  add_case skipped 'no library anywhere' 'the system has one'
else
  check 'no library anywhere' says 'Do one of these: set FOVEA_LIB_DIR' "${alone[@]}" "$program" "$build/x"
fi
another_version() {
  mkdir -p "$build/another"
  echo 'unsigned fv_version(void) { return 900; }' | ${CC:-cc} -shared -fPIC -x c - -o "$build/another/libfovea.so" || return 1
  says 'is version 0.9.0, but this package needs 0.1.0 or a later 0.1' env FOVEA_LIB_DIR="$build/another" "$program" "$build/x"
}
check 'a library of another version' another_version

# ---- the package: it carries the library, and a program that has nothing else runs
packed() {
  rm -rf "$build/feed" "$build/cache" "$build/consumer"
  dotnet pack Fovea "${built[@]}" -warnaserror -p:FoveaNativeLibrary="$library/libfovea.so" -o "$build/feed" || return 1
  python3 -m zipfile -l "$build"/feed/Fovea.*.nupkg | grep -E 'runtimes/[a-z0-9-]+/native/[a-z.]*fovea\.[a-z]+'
}
check pack packed
check 'pack without a library' says 'say where it is with -p:FoveaNativeLibrary' dotnet pack Fovea "${built[@]}" -o "$build/none"
# consumer NAME PROGRAM: builds a program that has the package and nothing else.
consumer() {
  local folder=$build/consumer/$1 version
  version=$(basename "$build"/feed/Fovea.*.nupkg .nupkg)
  mkdir -p "$folder"
  cat >"$folder/Program.cs" <"$2"
  sed "s|<ProjectReference .*|<PackageReference Include=\"Fovea\" Version=\"${version#Fovea.}\" />|
       s|<IsPackable>.*|<Nullable>enable</Nullable><ImplicitUsings>enable</ImplicitUsings>|" \
    samples/SameBits/SameBits.csproj >"$folder/$1.csproj"
  NUGET_PACKAGES=$build/cache dotnet build "$folder" -c Release "${options[@]/$out/$folder/out}" --source "$build/feed"
}
runs() { "${alone[@]}" "$build/consumer/$1/out/bin/$1/release/$1" "${@:2}"; }
consumed() {
  consumer Consumer samples/SameBits/Program.cs || return 1
  runs Consumer "$build/consumer.fovea" >"$build/consumer.txt" && cmp "$build/consumer.txt" "$build/c.txt"
}
check 'a program that uses the package' consumed
readme() {
  sed -n '/^```csharp/,/^```$/p' README.md | grep -v '^```' >"$build/readme.cs"
  consumer Readme "$build/readme.cs" && runs Readme
}
check 'the example of the README' readme
clean() { ! find . -name bin -o -name obj | grep .; }
check 'nothing is left in the source tree' clean

finish_cases
