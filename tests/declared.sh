# The functions that dgen.h declares, one a line: its own, and one for each row of ops.def.
declared_functions() {
    {
        sed -n 's/^DGEN_\(API\|CHECKED\) [^(]*[ *]\(dgen_[a-z0-9_]*\)(.*/\2/p' libcore/dgen.h
        sed -n 's/^DGEN_OP(\([a-z0-9_]*\),.*/dgen_\1/p' libcore/ops.def
    } | sort -u
}
