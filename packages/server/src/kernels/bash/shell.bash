# The shell that runs user code reads this first. It is the user's as well: it counts on none of its
# options, and its names are ones that nobody else has.

shopt -s expand_aliases
declare +x __tandem_main __tandem_pipes

# Ends an execution, if there was one, and waits for the code of the next.
__tandem_next() {
  builtin local status=$? options=${-//[!eux]/} line
  builtin set +eux
  if [[ -v __tandem_code ]]; then
    __tandem_options=$options __tandem_status=$status
    builtin printf '%s\n' "$status" >|"$__tandem_pipes/outcome"
  fi
  # Whoever sets such a trap wants the shell to end by it.
  builtin trap -p EXIT >|"$__tandem_pipes/trap"
  builtin read -r line <"$__tandem_pipes/trap"
  [[ $line ]] || builtin trap __tandem_exit EXIT
  {
    builtin read -r line && LC_ALL=C IFS= builtin read -r -N "$line" __tandem_code
  } <"$__tandem_pipes/code" || {
    builtin trap - EXIT
    builtin exit 1
  }
  # On the first line of the code, so that its lines keep their numbers.
  if [[ $__tandem_options ]]; then
    __tandem_code="set -$__tandem_options;$__tandem_code"
  elif ((__tandem_status)); then
    __tandem_code="__tandem_return;$__tandem_code"
  fi
}

# Makes $? what the execution before left.
__tandem_return() {
  builtin return "$__tandem_status"
}

# In place of the shell's end: another shell in the same process, which takes over what it can.
__tandem_exit() {
  __tandem_status=$? __tandem_options=${-//[!eux]/}
  builtin set +eux
  exec </dev/null >&250 2>&251
  builtin printf '%s\n' "$__tandem_status" >|"$__tandem_pipes/outcome"
  exec 249< <(__tandem_state 2>/dev/null)
  builtin export __tandem_main __tandem_pipes
  exec "$BASH" --norc --noprofile -c "$__tandem_main" "$BASH"
}

# Prints commands that make another shell like this one. The process keeps the rest: its folder,
# environment, limits, open files, and the processes in its background.
__tandem_state() {
  # Inside a function it is probably that one's own, and of no use to anybody else.
  ((${#FUNCNAME[@]} > 2)) || builtin declare -p IFS
  builtin local name IFS=$'\n'
  builtin shopt -p
  builtin set +o
  builtin alias -p
  builtin trap -p
  builtin declare -f
  for name in $(builtin compgen -v); do
    case $name in
    # What bash itself sets.
    BASH* | COMP_WORDBREAKS | DIRSTACK | EPOCH* | EUID | FUNCNAME | GROUPS | LINENO | PIPESTATUS) ;;
    PPID | RANDOM | SECONDS | SHELLOPTS | SRANDOM | UID | _) ;;
    IFS | name | __tandem_code | __tandem_main | __tandem_pipes) ;;
    *) builtin declare -p "$name" ;;
    esac
  done
}

if [[ -e /dev/fd/249 ]]; then
  . /dev/fd/249 2>/dev/null
  exec 249<&-
fi
