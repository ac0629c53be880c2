# shellcheck shell=bash
# SPDX-License-Identifier: ISC
# Completion of mta-stsctl(1) for bash.  Commands and options are what its own --help says, domains what the daemon serves.

# _mta_stsctl_commands PROGRAM: one per line.
_mta_stsctl_commands() {
	"$1" --help 2>/dev/null | sed -n '/^commands:/,/^$/s/^  \([a-z][a-z ]*[a-z]\)  .*/\1/p'
}

# _mta_stsctl_options PROGRAM [COMMAND]: one per line, as "--name" or "--name ARGUMENT".
_mta_stsctl_options() {
	"$@" --help 2>/dev/null | sed -n 's/^  \(--[a-z-]*\( [^ ]*\)\{0,1\}\)  .*/\1/p'
}

# _mta_stsctl_domains BEGINNING PROGRAM [OPTION...]: of many domains only those that a few letters choose.
_mta_stsctl_domains() {
	local beginning=$1 domains
	shift
	[[ $beginning != *[^[:alnum:]._-]* ]] || return 0
	if [[ ${#beginning} -lt 3 ]]; then
		domains=$(timeout 1 "$@" metrics 2>/dev/null | awk '/^mta_stsd_domains\{mode/ { sum += $2 } END { print sum + 0 }')
		[[ $domains -le 1000 ]] || return 0
	fi
	timeout 1 "$@" --json list --match "$beginning*" 2>/dev/null | sed -n 's/^      "domain": "\([^"]*\)".*/\1/p'
}

# _mta_stsctl_entries COMMAND PROGRAM [OPTION...]: the newest of the audit trail, for undo only what it can take back.
_mta_stsctl_entries() {
	local which='*'
	[[ $1 != undo ]] || which=' none testing enforce reset undo '
	timeout 1 "${@:2}" --json audit 2>/dev/null | awk -v which="$which" '
		/^      "number": / { number = $2 + 0 }
		/^      "command": / { gsub(/[",]/, "", $2); if (which == "*" || index(which, " " $2 " ")) print number }'
}

# _mta_stsctl_words: what was typed before the word at the cursor, into the caller's "typed" and "client".
_mta_stsctl_words() {
	local i word

	for ((i = 1; i < COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		if [[ $word != -* ]]; then
			[[ $word == = ]] || typed+=("$word")
		elif [[ -n ${argument[$word]} ]]; then
			[[ ${COMP_WORDS[i + 1]} != = ]] || ((i++))
			((i++))
			[[ $word != --socket ]] || client+=("$word" "${COMP_WORDS[i]}")
		fi
	done
}

# _mta_stsctl_command: the command among the typed words into the caller's "command", or how they go on into "candidates".
_mta_stsctl_command() {
	local line words="${typed[*]} "

	while read -r line; do
		if [[ $words == "$line "* ]]; then
			command=$line
		elif [[ "$line " == "${words# }"* ]]; then
			line=${line#"${words# }"}
			[[ " ${candidates[*]} " == *" ${line%% *} "* ]] || candidates+=("${line%% *}")
		fi
	done < <(_mta_stsctl_commands "$program")
}

# _mta_stsctl_values ARGUMENT BEGINNING: what may stand for an argument of the help.
_mta_stsctl_values() {
	local head=
	case $1 in
	DOMAINS)
		[[ $2 != *,* ]] || head=${2%,*},
		mapfile -t candidates < <(_mta_stsctl_domains "${2##*,}" "${client[@]}")
		candidates=("${candidates[@]/#/$head}")
		;;
	ENTRY | \[ENTRY\]) mapfile -t candidates < <(_mta_stsctl_entries "$command" "${client[@]}") ;;
	DOMAIN* | \[DOMAIN* | GLOB) mapfile -t candidates < <(_mta_stsctl_domains "$2" "${client[@]}") ;;
	\[COMMAND\]) mapfile -t candidates < <(_mta_stsctl_commands "${client[0]}" | sed 's/ .*//' | sort -u) ;;
	FORM) candidates=(zone nsupdate) ;;
	DIRECTORY)
		compopt -o filenames 2>/dev/null
		mapfile -t candidates < <(compgen -d -- "$2")
		;;
	EVENT) candidates=(dns safe) ;;
	*CERT* | *CHAIN* | *FILE* | *KEY* | LIST | PATH)
		compopt -o filenames 2>/dev/null
		mapfile -t candidates < <(compgen -f -- "$2")
		;;
	esac
}

_mta_stsctl() {
	local program=$1 word=$2 before=$3 command='' option value
	local -a typed=() client=("$1") candidates=()
	local -A argument=()

	while read -r option value; do
		argument[$option]=$value
	done < <(_mta_stsctl_options "$program")

	# "=" is a word of its own here.
	if [[ $word == = ]]; then
		word=
	elif [[ $before == = ]]; then
		before=${COMP_WORDS[COMP_CWORD - 2]}
	fi
	_mta_stsctl_words
	_mta_stsctl_command

	# shellcheck disable=SC2086  # a command may have two words
	if [[ $before == -* && -n ${argument[$before]} ]]; then
		candidates=()
		_mta_stsctl_values "${argument[$before]}" "$word"
	elif [[ $word == -* ]]; then
		mapfile -t candidates < <(_mta_stsctl_options "$program" ${command:-status} | sed 's/ .*//')
	elif [[ -n $command ]]; then
		value=$("$program" $command --help 2>/dev/null | sed -n '1s/.*\[OPTION\]\.\.\. *//p')
		_mta_stsctl_values "$value" "$word"
	fi

	COMPREPLY=()
	for value in "${candidates[@]}"; do
		[[ $value != "$word"* ]] || COMPREPLY+=("$value")
	done
}

complete -F _mta_stsctl mta-stsctl
