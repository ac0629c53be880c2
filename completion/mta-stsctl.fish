# SPDX-License-Identifier: ISC
# Completion of mta-stsctl(1) for fish.  Commands and options are what its own --help says, domains what the daemon serves.

# __mta_stsctl_commands PROGRAM: one per line, name and what it does with a tab between.
function __mta_stsctl_commands
    $argv[1] --help 2>/dev/null | sed -n '/^commands:/,/^$/s/^  \([a-z][a-z ]*[a-z]\)   *\(.*\)/\1\t\2/p'
end

# __mta_stsctl_options PROGRAM [COMMAND]: one per line; name, argument or nothing, and what it does with tabs between.
function __mta_stsctl_options
    $argv --help 2>/dev/null | sed -n 's/^  \(--[a-z-]*\) \([^ ]*\)   *\(.*\)/\1\t\2\t\3/p; s/^  \(--[a-z-]*\)   *\(.*\)/\1\t\t\2/p'
end

# __mta_stsctl_domains BEGINNING PROGRAM [OPTION...]: of many domains only those that a few letters choose.
function __mta_stsctl_domains
    string match -qr '[^[:alnum:]._-]' -- $argv[1]; and return
    if test (string length -- "$argv[1]") -lt 3
        set -l domains (timeout 1 $argv[2..] metrics 2>/dev/null | awk '/^mta_stsd_domains\{mode/ { sum += $2 } END { print sum + 0 }')
        test $domains -le 1000; or return
    end
    timeout 1 $argv[2..] --json list --match "$argv[1]*" 2>/dev/null | sed -n 's/^      "domain": "\([^"]*\)".*/\1/p'
end

# __mta_stsctl_entries COMMAND PROGRAM [OPTION...]: the newest of the audit trail, for undo only what it can take back.
function __mta_stsctl_entries
    set -l which '*'
    test "$argv[1]" = undo; and set which ' none testing enforce reset undo '
    timeout 1 $argv[2..] --json audit 2>/dev/null | awk -v which="$which" '
        /^      "number": / { number = $2 + 0 }
        /^      "command": / { gsub(/[",]/, "", $2); if (which == "*" || index(which, " " $2 " ")) print number }'
end

# __mta_stsctl_values COMMAND ARGUMENT BEGINNING PROGRAM [OPTION...]: what may stand for an argument of the help.
function __mta_stsctl_values
    set -l command "$argv[1]"
    set argv $argv[2..]
    switch "$argv[1]"
        case DOMAINS
            set -l head (string match -r '.*,' -- $argv[2])
            __mta_stsctl_domains (string replace -r '.*,' '' -- "$argv[2]") $argv[3..] | string replace -r '^' "$head"
        case ENTRY '[ENTRY]'
            __mta_stsctl_entries $command $argv[3..]
        case 'DOMAIN*' '[DOMAIN*' GLOB
            __mta_stsctl_domains $argv[2..]
        case '[COMMAND]'
            __mta_stsctl_commands $argv[3] | string replace -r '[ \t].*' '' | sort -u
        case FORM
            printf '%s\n' zone nsupdate
        case DIRECTORY
            __fish_complete_directories "$argv[2]"
        case EVENT
            printf '%s\n' dns safe
        case '*CERT*' '*CHAIN*' '*FILE*' '*KEY*' LIST PATH
            __fish_complete_path "$argv[2]"
    end
end

# __mta_stsctl_argument PROGRAM OPTION: what the option takes, or nothing.
function __mta_stsctl_argument
    __mta_stsctl_options $argv[1] | string replace -rf -- "^$argv[2]\t([^\t]+)\t.*" '$1' | head -n 1
end

function __mta_stsctl
    set -l tokens (commandline -opc)
    set -l word (commandline -ct)
    set -l program $tokens[1]
    set -l client $program
    set -l typed
    set -l option

    for token in $tokens[2..]
        if test -n "$option"
            test $option = --socket; and set -a client $option $token
            set option
        else if not string match -q -- '-*' $token
            set -a typed $token
        else if string match -q -- '--socket=*' $token
            set -a client $token
        else if test -n "$(__mta_stsctl_argument $program $token)"
            set option $token
        end
    end

    # How the typed words go on, when they are the beginning of a command; else they hold one.
    set -l command
    set -l next
    for line in (__mta_stsctl_commands $program)
        set -l name (string split -f 1 \t -- $line)
        if string match -q -- "$name *" "$typed "
            set command (string split ' ' -- $name)
        else if test -z "$typed"; or string match -q -- "$typed *" $name
            set -l word_next (string replace -r -- "^$typed ?(\S+)[^\t]*" '$1' $line)
            string match -q -- (string split -f 1 \t -- $word_next)\t'*' $next; or set -a next $word_next
        end
    end

    if test -n "$option"
        __mta_stsctl_values "$command" "$(__mta_stsctl_argument $program $option)" "$word" $client
    else if set -l parts (string match -gr -- '^(--[a-z-]+=)(.*)' $word)
        set -l name (string trim -rc = -- $parts[1])
        printf "$parts[1]%s\n" (__mta_stsctl_values "$command" "$(__mta_stsctl_argument $program $name)" "$parts[2]" $client)
    else if string match -q -- '-*' $word
        test -n "$command"; or set command status
        __mta_stsctl_options $program $command | string replace -r '\t[^\t]*\t' \t
    else if test -n "$command"
        set -l usage ($program $command --help 2>/dev/null | sed -n '1s/.*\[OPTION\]\.\.\. *//p')
        __mta_stsctl_values "$command" "$usage" "$word" $client
    else
        printf '%s\n' $next
    end
end

complete -c mta-stsctl -f -a '(__mta_stsctl)'
