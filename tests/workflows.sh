#!/bin/sh
# Checks the files in .github: their syntax by GitHub's schemas, the security of the workflows by zizmor.
# Neither uses the network.
set -eu
cd "$(dirname "$0")/../.github"

check() { check-jsonschema --builtin-schema "vendor.$1" "$2"; }
for file in workflows/*.yml; do
    check github-workflows "$file"
done
for file in ISSUE_TEMPLATE/*.yml; do
    case $file in
        */config.yml) check github-issue-config "$file" ;;
        *) check github-issue-forms "$file" ;;
    esac
done
check dependabot dependabot.yml
zizmor --offline --no-progress .
