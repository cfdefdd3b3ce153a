# How a suite in shell tells: result NAME FAULTS notes that a test passed if there are no FAULTS, which it shows.
passed=0 failed=0
result() { # NAME FAULTS
    if [ -z "$2" ]; then
        echo "ok $1"
        passed=$((passed + 1))
    else
        echo "not ok $1"
        printf '%s\n' "$2"
        failed=$((failed + 1))
    fi
}
