#!/usr/bin/env bash
# Breaks a save at each of its system calls (strace injects the faults) and on a disk that is full, and looks at what is
# left: after a failure the old file and nothing else, after success the new one, after SIGKILL either, never a mixture.
set -u
cd "$(dirname "$0")/.."
writer=$PWD/${BUILD:-build}/tests/fault_writer
export DGEN_NUM_THREADS=1 # of the generator: the same system calls each time
passed=0 failed=0 cases=0
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

report() { # NAME PROBLEM: a test that passed if there is no problem
    if [ -z "$2" ]; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "not ok $1: $2"; fi
}

# Puts the old file back, runs "$@" SIZE CHUNK on it and judges what is there then. Sets `problem` and `said`.
save() { # SIZE CHUNK COMMAND...
    local size=$1 chunk=$2 target=$folder/at/file status names
    shift 2
    cases=$((cases + 1))
    rm -rf "$folder/at" && mkdir "$folder/at" && cp "$folder/old" "$target"
    { "$@" "$writer" "$target" "$size" "$chunk" 2 2> "$folder/said"; } 2> /dev/null # the shell would tell of each kill
    status=$?
    said=$(tr '\n' ' ' < "$folder/said")
    names=$(ls "$folder/at")
    problem=""
    case $status in
        0) cmp -s "$target" "$folder/new" || problem="saved, but the file is not the new one" ;;
        1) if [[ $said == *"is written, but"* ]]; then
               cmp -s "$target" "$folder/new" || problem="renamed, but the file is not the new one"
           else
               cmp -s "$target" "$folder/old" || problem="failed, but the file is not the old one"
           fi ;;
        137) cmp -s "$target" "$folder/old" || cmp -s "$target" "$folder/new" || problem="a mixture"
             names=file ;; # nobody was left to remove the temporary
        *) problem="exit $status" ;;
    esac
    [ "$names" = file ] || problem="$problem left behind: $names"
    [ -z "$problem" ] || problem="$problem ($said)"
}

prepare() { # SIZE CHUNK: the files to compare with
    "$writer" "$folder/old" "$1" "$2" 1 2> "$folder/said" && "$writer" "$folder/new" "$1" "$2" 2 2> "$folder/said" ||
        { report "prepare $1 $2" "$(cat "$folder/said")"; return 1; }
}

# The system calls of a save: lines "NAME N", the N-th of its name on its thread, as strace counts for when=N.
calls() { # SIZE CHUNK
    save "$1" "$2" strace -f -o "$folder/log"
    awk '!/resumed>|\+\+\+|---/ { name = $2; sub(/\(.*/, "", name); n = ++count[$1 " " name]
                                  if (begun && !seen[name " " n]++) print name, n }
         /"begin/ { begun = 1 }' "$folder/log"
}

declare -A faults=(
    [write]="EIO ENOSPC EDQUOT EINTR EAGAIN" [fsync]="EIO ENOSPC EINTR" [renameat]="EIO ENOSPC EACCES"
    [close]="EIO EINTR" [openat]="EIO EMFILE EINTR" [newfstatat]="EIO" [readlink]="EIO" [faccessat2]="EACCES"
    [fchmod]="EPERM" [fchown]="EPERM" [fcntl]="EINVAL" [mmap]="ENOMEM" [mprotect]="ENOMEM" [clone3]="EAGAIN" [sync_file_range]="EIO ENOSPC ENOSYS"
    [getrandom]="EIO" [sysinfo]="EIO")

# The lines of strace after which a save must not be called one: such a failure can mean that bytes were lost.
must_be_told="((write|fsync|sync_file_range|close)\([0-9]+<$folder/at/file|(fsync|renameat)\([0-9]+<$folder/at>).*"
must_be_told+='E(IO|NOSPC|DQUOT|ACCES) .*INJECTED'

# Each of these calls fails once, in each of its ways.
break_calls() { # SIZE CHUNK "NAME N" LINES
    local name n error
    while read -r name n; do
        for error in ${faults[$name]:-}; do
            save "$1" "$2" strace -f -y --seccomp-bpf -o "$folder/log" -e trace="$name" \
                -e inject="$name:error=$error:when=$n"
            [[ $said == *saved* ]] && grep -qE "$must_be_told" "$folder/log" && problem="$problem not told: $said"
            report "$name $n $error, $1 by $2" "$problem"
        done
    done <<< "$3"
}

kill_at_calls() { # SIZE CHUNK "NAME N" LINES
    local name n
    while read -r name n; do
        [ "$name" = exit_group ] && continue
        save "$1" "$2" strace -f --seccomp-bpf -o /dev/null -e trace="$name" -e inject="$name:signal=KILL:when=$n"
        report "killed at $name $n, $1 by $2" "$problem"
    done <<< "$3"
}

# With a thread, and past the page cache where the disk allows it.
if prepare 3145733 1048576; then
    list=$(calls 3145733 1048576)
    # No fault injected into a running system shows that the bytes were durable before the name was theirs.
    order=$(sed -n '/"begin/,$p' "$folder/log" | grep -oE '(write|fsync|renameat)\(' | uniq | tr -d '\n')
    problem=""
    [ "$order" = 'write(fsync(renameat(fsync(write(' ] || problem=$order
    report "written, synced, renamed, folder synced" "$problem"
    break_calls 3145733 1048576 "$list"
    kill_at_calls 3145733 1048576 "$list"
    save 3145733 1048576 strace -f -o /dev/null -e inject=write:retval=100:when=3
    [[ $said == *"Input/output error"* ]] || problem="a write that did not happen went unnoticed ($said)"
    report "a file shorter than what was written" "$problem"
fi
# On the calling thread.
if prepare 2500 1000; then
    list=$(calls 2500 1000)
    break_calls 2500 1000 "$list"
    kill_at_calls 2500 1000 "$list"
fi
# Through the page cache, written back on the way.
if prepare 26214403 524288; then
    list=$(calls 26214403 524288)
    break_calls 26214403 524288 "$(grep sync_file_range <<< "$list")"
    break_calls 26214403 524288 "$(grep write <<< "$list" | tail -n 1)"
fi
problem=""
[ "$cases" -ge 200 ] || problem="only $cases"
report "at least 200 cases" "$problem"

# A file size limit, whose signal would end the host.
limited() { (ulimit -f 1; exec "$@"); }
for chunk in 1048576 1000; do
    prepare 2097152 "$chunk" && save 2097152 "$chunk" limited
    [[ $said == *"File too large"* ]] || problem="not said: $said"
    report "file size limit, chunks of $chunk" "$problem"
done

# A disk that is really full: a tmpfs of 1 MiB, mounted where nobody else sees it. Without the right to do so, the limit
# above and the injected ENOSPC stand for it.
on_small_disk() {
    mount -t tmpfs -o size=1m none "$1" && shift && cd / && "$@"
}
export -f on_small_disk
full_disk='
    on_small_disk "$1" "$2" "$1/file" 300000 1048576 1 || exit 3
    cp "$1/file" "$3" || exit 3
    "$2" "$1/file" 3000000 1048576 2; status=$?
    cmp "$1/file" "$3" && [ "$(ls "$1")" = file ] && "$2" "$1/file" 300000 1048576 2 && exit "$status"'
unshare=(unshare -m)
[ "$(id -u)" = 0 ] || unshare=(unshare -rm)
mkdir "$folder/small"
if "${unshare[@]}" mount -t tmpfs -o size=1m none "$folder/small" 2> "$folder/said"; then
    said=$("${unshare[@]}" bash -c "$full_disk" bash "$folder/small" "$writer" "$folder/first" 2>&1)
    [ $? = 1 ] && [[ $said == *"No space left on device"* ]] && problem="" || problem="$said"
    report "full disk" "$problem"
else
    echo "no full disk: $(cat "$folder/said")"
fi

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
