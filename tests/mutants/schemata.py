"""Rewrites Rust source so that one build contains all mutants of it.

Each mutant becomes a branch that `mutants_switch::on(NUMBER)` selects. The comments `/*<N*/` and `/*N>*/` enclose
the code of mutant N, and `/*{N,M*/` and `/*N,M}*/` the expression that has the mutants N and M, so that an error of the compiler can
be attributed to a mutant.
"""

import re
import sys
from collections import defaultdict

import tree_sitter
import tree_sitter_rust

sys.setrecursionlimit(10_000)
PARSER = tree_sitter.Parser(tree_sitter.Language(tree_sitter_rust.language()))


class Source:
    """A source file, its syntax tree, and the mutants that are applied to it."""

    def __init__(self, text):
        self.bytes = text.encode()
        lines = text.split("\n")
        self.lines = lines
        self.starts = [0]
        for line in lines:
            self.starts.append(self.starts[-1] + len(line.encode()) + 1)
        self.root = PARSER.parse(self.bytes).root_node

    def offset(self, place):
        """Returns the offset of a line and a column of cargo-mutants, which count characters from 1."""
        line, column = place["line"] - 1, place["column"] - 1
        return self.starts[line] + len(self.lines[line][:column].encode())

    def apply(self, mutants):
        """Returns the rewritten source, and the numbers of the mutants that it contains."""
        wanted = defaultdict(list)
        for mutant in mutants:
            wanted[mutant.genre, self.offset(mutant.span["start"])].append(mutant)
        applied = set()
        text = Rewriter(self.bytes, wanted, applied).node(self.root)
        return text, applied


class Rewriter:
    def __init__(self, source, wanted, applied):
        self.source = source
        self.wanted = wanted
        self.applied = applied

    def take(self, genre, offset):
        mutants = self.wanted.get((genre, offset), [])
        self.applied.update(mutant.number for mutant in mutants)
        return mutants

    def plain(self, node):
        return self.source[node.start_byte:node.end_byte].decode()

    def node(self, node):
        """Returns the text of a node, with the mutants in it."""
        match node.type:
            case "binary_expression" | "compound_assignment_expr":
                return self.binary(node)
            case "unary_expression":
                return self.unary(node)
            case "match_expression":
                return self.match(node)
            case "match_arm":
                return self.arm(node)
            case "function_item":
                return self.function(node)
            case "expression_statement":
                return self.statement(node)
        return self.children(node)

    def children(self, node, replace=None):
        """Returns the text of a node whose child `replace[0]` has the text `replace[1]`."""
        text, end = [], node.start_byte
        for child in node.children:
            text.append(self.source[end:child.start_byte].decode())
            text.append(replace[1] if replace and child == replace[0] else self.node(child))
            end = child.end_byte
        text.append(self.source[end:node.end_byte].decode())
        return "".join(text)

    def choice(self, mutants, text, original):
        """Returns an expression that is `text(mutant)` if that mutant is active."""
        if not mutants:
            return original
        branches = "".join(f"if {on(mutant)} {{ {marked(mutant, text(mutant))} }} else " for mutant in mutants)
        return enclosed(mutants, f"({branches}{{ {original} }})")

    def binary(self, node):
        operator = node.child_by_field_name("operator")
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        mutants = self.take("BinaryOperator", operator.start_byte)
        return self.choice(mutants, lambda one: f"{self.plain(left)} {one.replacement} {self.plain(right)}",
                           self.children(node))

    def unary(self, node):
        mutants = self.take("UnaryOperator", node.start_byte)
        return self.choice(mutants, lambda one: one.replacement + self.plain(node)[1:].lstrip(), self.children(node))

    def match(self, node):
        """Marks a match with its deleted arms: it is an error of the whole match if the others do not suffice."""
        arms = node.child_by_field_name("body").children
        deleted = [one for arm in arms if arm.type == "match_arm" for one in self.wanted.get(("MatchArm", start(arm)), [])]
        text = self.children(node)
        return enclosed(deleted, text) if deleted else text

    def arm(self, node):
        """A deleted arm is one whose guard is false."""
        pattern = node.child_by_field_name("pattern")
        deleted = self.take("MatchArm", start(node))
        condition = pattern.child_by_field_name("condition")
        guards = self.take("MatchArmGuard", condition.start_byte) if condition else []
        if not deleted and not guards:
            return self.children(node)
        terms = [f"!{on(one)}" for one in deleted]
        if condition:
            terms.append("(" + self.choice(guards, lambda one: one.replacement, self.node(condition)) + ")")
            end = pattern.children[0].end_byte
        else:
            end = pattern.end_byte
        head = self.source[pattern.start_byte:end].decode()
        guard = enclosed(deleted, f" if {' && '.join(terms)} ") if deleted else f" if {terms[0]} "
        return self.children(node, (pattern, head + guard))

    def statement(self, node):
        mutants = self.take("Statement", node.start_byte)
        text = self.children(node)
        return enclosed(mutants, f"if !{on(mutants[0])} {{ {text} }}") if mutants else text

    def function(self, node):
        body = node.child_by_field_name("body")
        first = next((child for child in body.children[1:] if "comment" not in child.type), body)
        mutants = self.take("FnValue", first.start_byte)
        if not mutants:
            return self.children(node)
        returns = "".join(f"if {on(one)} {{ {marked(one, 'return ' + one.replacement)}; }} " for one in mutants)
        return self.children(node, (body, "{ " + enclosed(mutants, returns + self.children(body)[1:-1]) + " }"))


def start(arm):
    """Returns the offset of an arm without its attributes."""
    return next(child for child in arm.children if child.type != "attribute_item").start_byte


def on(mutant):
    return f"::mutants_switch::on({mutant.number})"


def marked(mutant, text):
    return f"/*<{mutant.number}*/{text}/*{mutant.number}>*/"


def enclosed(mutants, text):
    numbers = ",".join(str(one.number) for one in mutants)
    return f"/*{{{numbers}*/{text}/*{numbers}}}*/"


def blamed(text, offset):
    """Returns the numbers of the mutants to remove for an error at the byte `offset`: those of the smallest marked code."""
    best = None
    data = text.encode()
    for match in re.finditer(rb"/\*([<{])([\d,]+)\*/", data):
        if match.start() > offset:
            break
        close = b"/*" + match[2] + (b">" if match[1] == b"<" else b"}") + b"*/"
        end = data.find(close, match.end())
        # The code of a mutant is a reason more exact than the expression around it.
        if end + len(close) > offset and (best is None or end - match.start() < best[0]):
            best = (end - match.start(), {int(one) for one in match[2].split(b",")})
    return best[1] if best else set()
