"""The matrix of security policies and their parameters."""

import collections
import re

from markup import breakable, escape
from page import filter_form, select, template
from sources import KINDS, policies, slug

VERSIONS = ["TLS 1.2", "TLS 1.3"]
# Families of names, for the filter
FAMILIES = [
    ("family-default", "default", r"default"),
    ("family-dates", "by date", r"\d{8}"),
    ("family-cloudfront", "CloudFront", r"CloudFront"),
    ("family-elb", "ELBSecurityPolicy", r"ELBSecurityPolicy"),
    ("family-crt", "AWS-CRT", r"AWS-CRT"),
    ("family-kms", "KMS", r"KMS"),
    ("family-others", "others", r""),
]


def columns(all_policies):
    """The parameters of all policies, by kind; in a kind first those that most policies have."""
    counts = {kind: collections.Counter() for kind in KINDS}
    for policy in all_policies:
        for kind in KINDS:
            counts[kind].update(policy.parameters[kind])
    return {
        "Versions": VERSIONS,
        **{kind: sorted(counts[kind], key=lambda name: (-counts[kind][name], name)) for kind in KINDS},
    }


def word(kind, name):
    return f"{slug(kind)}-{slug(name)}"


def has(policy, kind):
    return policy.versions if kind == "Versions" else policy.parameters[kind]


def cells(policy, all_columns):
    for kind, names in all_columns.items():
        for position, name in enumerate(names):
            classes = ["has"] * (name in has(policy, kind)) + ["first"] * (position == 0)
            of_class = f' class="{" ".join(classes)}"' if classes else ""
            yield f"<td{of_class}>{'✓' if name in has(policy, kind) else ''}</td>"


def family(policy):
    """The position of the policy's family, in which the rows are sorted."""
    return next(place for place, of in enumerate(FAMILIES) if re.match(of[2], policy.name))


def row(policy, all_columns):
    words = [
        FAMILIES[family(policy)][0],
        *(word(kind, name) for kind in all_columns for name in has(policy, kind)),
    ]
    if not policy.versions:
        words.append("rejected")
    count = sum(len(text.split(",")) for text in policy.unsupported)
    details = f"guide/project/docs/policies.html#{slug(policy.section)}"
    title = "rejected" if not policy.versions else policy.section.lower()
    rest = f'<a href="{details}">{title}</a>' + (f' <span class="muted">(−{count})</span>' if count else "")
    return (
        f'<tr id="{slug(policy.name)}" data-has="{" ".join(words)}">'
        f'<th scope="row">{breakable(policy.name)}</th>'
        f'{"".join(cells(policy, all_columns))}<td class="rest first">{rest}</td></tr>'
    )


def head(all_columns):
    kinds = "".join(
        f'<th colspan="{len(names)}" scope="colgroup">{kind}</th>' for kind, names in all_columns.items()
    )
    names = "".join(
        f'<th scope="col"><span>{escape(name)}</span></th>'
        for of_kind in all_columns.values()
        for name in of_kind
    )
    return (
        f'<thead><tr><th class="name" rowspan="2" scope="col">Policy</th>{kinds}'
        f'<th class="name" rowspan="2" scope="col">Details</th></tr><tr>{names}</tr></thead>'
    )


def page(names, _folder):
    all_policies = sorted(policies(), key=family)
    all_columns = columns(all_policies)
    parameters = [(kind, [(word(kind, name), name) for name in names]) for kind, names in all_columns.items()]
    selects = [
        select("Family", [(name, title) for name, title, _ in FAMILIES]),
        select("Has", [*parameters, ("Other", [("rejected", "rejected policies")])]),
        select("And has", parameters),
    ]
    rejected = sum(not policy.versions for policy in all_policies)
    rows = "\n".join(row(policy, all_columns) for policy in all_policies)
    table = f'<table id="policies">{head(all_columns)}\n<tbody>\n{rows}\n</tbody></table>'
    body = template(
        "policies.html",
        total=len(all_policies),
        rejected=rejected,
        function=names["s2n_config_set_cipher_preferences"],
        filter=filter_form("policies", "policies", selects),
        table=f'<div class="box matrix">{table}</div>',
    )
    return (
        "policies",
        "Security policies – rs2n",
        "Parameters of every security policy of s2n-tls in rs2n",
        body,
    )
