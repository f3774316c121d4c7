# What a bash kernel begins as. It starts two relays, which alone hold the pipes to the server, and
# becomes the shell that runs user code. So nothing that user code starts inherits such a pipe, and
# what it does to its shell does not touch them.
#
# Arguments: the agent-browser program, or an empty string; what else this shell is to do.

if ((BASH_VERSINFO[0] < 5)); then
  printf '{"type":"failed","error":"The bash of this machine is %s; 5.0 or newer is needed."}\0' \
    "$BASH_VERSION" >&3
  exit 1
fi

agent_browser=$1
lifeline=${2-}
program=${BASH_SOURCE[0]%/*}
# Apart from what `rm -rf "$TMPDIR"/*` removes.
folder=$TMPDIR/.tandem

# Named pipes, which the shell opens only as long as it uses them.
rm -rf "$folder/pipes"
mkdir -p -m 700 "$folder/pipes" "$folder/bin" "$folder/agent-browser"
mkfifo -m 600 "$folder/pipes/"{code,outcome,fence}

# Server to shell: a line with the number of bytes, the fence, and the tab that other code has gone
# to if there is one; then the code, then a NUL byte.
relay_commands() {
  local length fence tab code
  LC_ALL=C
  cd "$folder" || exit
  exec 7<>pipes/code 8<>pipes/fence
  while read -r -u 3 length fence tab && IFS= read -r -N "$length" -u 3 code && read -r -d '' -u 3; do
    [[ ! $tab ]] || printf '%s\n' "$tab" >tab
    printf '%s\n' "$fence" >&8
    printf '%s\n%s' "$length" "$code" >&7
  done
  [[ $lifeline ]] || return
  # The server is gone. The daemon of agent-browser has left the process group.
  local file daemon
  for file in agent-browser/*.pid; do
    # Its line has no end, which is a failure to read.
    read -r daemon <"$file"
    # The number may be another's by now.
    [[ ! /proc/$daemon/exe -ef $agent_browser ]] || kill -KILL "$daemon"
  done 2>/dev/null
  kill -KILL 0
}

# Shell to server: the exit code and the tab of agent-browser, behind the fences that close the
# output of the execution.
relay_outcomes() {
  local status fence tab line
  local target='"targetId":"([0-9A-F]{32})"'
  exec 7<>"$folder/pipes/outcome" 8<>"$folder/pipes/fence"
  while read -r status <&7 && read -r fence <&8; do
    write "$fence"
    write "$fence" >&2
    tab=
    # Unless it is still to go where other code has gone.
    if [[ ! -s $folder/tab && -f $folder/agent-browser/default.target ]]; then
      read -r line <"$folder/agent-browser/default.target"
      [[ ! $line =~ $target ]] || tab=",\"tab\":\"${BASH_REMATCH[1]}\""
    fi
    printf '{"type":"completed","exitCode":%d%s}\0' "$status" "$tab" >&3
  done
}

# Some child of the shell may have set the pipe not to block, and it may be full.
write() {
  until printf '%s' "$1" 2>/dev/null; do read -r -t 0.01 -u 7; done
}

relay_commands >/dev/null 2>&1 &
relay=$!
relay_outcomes &

cat >"$folder/bin/agent-browser" <<END
#!/bin/sh
if [ ! -x ${agent_browser@Q} ]; then
  echo 'agent-browser is not on this server. Its operator can run: npm install agent-browser' >&2
  exit 127
fi
# The tab that other code of the session has gone to.
if read -r tab 2>/dev/null <${folder@Q}/tab; then
  : >${folder@Q}/tab
  timeout 5 ${agent_browser@Q} tab "\$tab" >/dev/null 2>&1
fi
exec ${agent_browser@Q} "\$@"
END
chmod 755 "$folder/bin/agent-browser"
export PATH=$folder/bin:$PATH
export AGENT_BROWSER_CDP=$CDP_URL AGENT_BROWSER_SOCKET_DIR=$folder/agent-browser
# The path of a Unix socket has 107 bytes at the most; the relay's folder is this one by another name.
if ((${#folder} > 60)) && [[ -e /proc/$relay/cwd ]]; then
  AGENT_BROWSER_SOCKET_DIR=/proc/$relay/cwd/agent-browser
fi
export AGENT_BROWSER_SCREENSHOT_DIR=$HOME AGENT_BROWSER_DOWNLOAD_PATH=$HOME/downloads
export AGENT_BROWSER_NO_VERSION_CHECK=1
export TERM=dumb

printf '{"type":"ready"}\0' >&3
# The descriptors with high numbers are what standard output and error are set back to.
exec 3<&- 250>&1 251>&2
# The loop stands on the first line, from which bash counts the lines of the user's code. What user
# code breaks out of it goes on behind it, at the end of the shell, as `exit` does.
__tandem_main=". ${program@Q}/shell.bash"'; while { __tandem_next; } 2>/dev/null; do eval "$__tandem_code"; done'
export __tandem_main __tandem_pipes=$folder/pipes
exec "$BASH" --norc --noprofile -c "$__tandem_main" "$BASH"
