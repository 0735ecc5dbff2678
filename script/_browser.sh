# Sourced: sees to it that Debian's chromium and a Chinese font are there for the browser tests, where it may.
# Sets browser_missing to what is missing and why, or to nothing. Playwright never downloads a browser by itself.
browser_missing=""
_wanted() {
  command -v "${DUEWELL_CHROMIUM:-chromium}" >/dev/null 2>&1 || echo chromium
  { command -v fc-list >/dev/null 2>&1 && [ -n "$(fc-list :lang=zh 2>/dev/null)" ]; } || echo fonts-noto-cjk
}
_packages=$(_wanted | tr '\n' ' ')
if [ -n "$_packages" ]; then
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing ${_packages}for the browser tests ..."
    export DEBIAN_FRONTEND=noninteractive
    # shellcheck disable=SC2086 # two packages are two words
    apt-get install -y -qq --no-install-recommends fontconfig $_packages >/dev/null 2>&1 ||
      { apt-get update -qq >/dev/null 2>&1 && apt-get install -y -qq --no-install-recommends fontconfig $_packages >/dev/null 2>&1; }
  fi
  _packages=$(_wanted | tr '\n' ' ')
  [ -z "$_packages" ] ||
    browser_missing="BROWSER TESTS SKIPPED: ${_packages}missing. As root: apt-get update && apt-get install ${_packages% }"
fi
