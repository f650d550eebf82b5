# Input filter of Doxygen: puts each function of a header into the group under which COMPATIBILITY.md lists it,
# and the other declarations into a group of their own; lists the groups at the end of the main page. Adds the
# examples of the manual pages, which their generator has written to a file: a function, a tab, a line of code.
#
# usage: awk -f groups.awk COMPATIBILITY.md [EXAMPLES] HEADER|PAGE

# COMPATIBILITY.md: a heading, below it a list of functions, or a table with one in each row.
NR == FNR && /^##+ / { title = $0; sub(/^#+ /, "", title) }
NR == FNR && /^Work: / { for (i = 2; i <= NF; i++) list($i) }
NR == FNR && /^\| `r?s2n_/ { list($2) }
NR == FNR { next }

FILENAME ~ /\/examples$/ {
    tab = index($0, "\t")
    name = substr($0, 1, tab - 1)
    example[name] = example[name] "//! " substr($0, tab + 1) "\n"
    next
}

FILENAME ~ /\.md$/ { print; next }

FNR == 1 { print "/** @file */" }
/^\/\*\*/ { comment = ""; in_comment = 1 }
in_comment { comment = comment $0 "\n"; in_comment = !/\*\/$/; next }
# A declaration may begin on the line after its prefix.
comment && !/^S2N_API extern$/ { print_comment($0) }
{ print }

END {
    titles[++groups] = "Types and constants"
    page = FILENAME ~ /\.md$/
    if (page)
        print "\n## Topics\n"
    for (i = 1; i <= groups; i++)
        print page ? "- @ref " label(titles[i]) : "/** @defgroup " label(titles[i]) " " titles[i] " */"
}

# Adds a function to the group of the last heading.
function list(name) {
    gsub(/[^a-z0-9_]/, "", name)
    if (title != titles[groups])
        titles[++groups] = title
    group[name] = label(title)
}

function label(title) {
    title = tolower(title)
    gsub(/[^a-z0-9]+/, "-", title)
    return title
}

function print_comment(declaration,    name, in_group) {
    if (declaration !~ /^(typedef|#define)/ && match(declaration, /[a-z0-9_]+\(/))
        name = substr(declaration, RSTART, RLENGTH - 1)
    in_group = group[name]
    if (in_group == "")
        in_group = FILENAME ~ /rs2n\.h$/ ? "extensions" : "types-and-constants"
    sub(/ *\*\/\n$/, "\n * @ingroup " in_group "\n */", comment)
    print comment
    # The code has comments of its own, which would end a comment of several lines.
    if (name in example)
        printf "//! @par Example\n//! @code{.c}\n%s//! @endcode\n", example[name]
    comment = ""
}
