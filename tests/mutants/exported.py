"""Lists mutants of unsafe functions, which cargo-mutants leaves out: all functions that take pointers from C.

The mutants have the form of those of `cargo mutants --list --json`. In addition to its kinds there is "Statement": it
deletes a statement, such as a check that returns early with `?`.
"""

import re

import tree_sitter
import tree_sitter_rust

PARSER = tree_sitter.Parser(tree_sitter.Language(tree_sitter_rust.language()))
OPERATORS = {
    "==": ["!="], "!=": ["=="], "&&": ["||"], "||": ["&&"], "<": ["<=", ">"], ">": [">=", "<"], "<=": ["<", ">"],
    ">=": [">", "<"], "+": ["-"], "-": ["+"], "*": ["+"], "/": ["*"], "%": ["/"], "|": ["^"], "&": ["|"],
}
# One constant per type: success without effect, or no value.
CONSTANTS = [
    (r"c_int|i32|i64|isize|u8|u16|u32|u64|usize", "0"),
    (r"bool", "false"),
    (r"\*mut .*", "std::ptr::null_mut()"),
    (r"\*const .*", "std::ptr::null()"),
    (r"Result<\(\)>", "Ok(())"),
]


def mutants(file, source):
    """Returns the mutants of the unsafe functions of a file."""
    found = []
    for function in functions(PARSER.parse(source.encode()).root_node):
        Lister(file, source, function, found).run()
    return found


def functions(node):
    """Returns the unsafe functions that have a body, without those of tests and of other configurations."""
    attributes = ""
    for child in node.named_children:
        if child.type == "attribute_item":
            attributes += child.text.decode()
            continue
        if "cfg(" not in attributes:
            unsafe = child.type == "function_item" and any(
                one.type == "function_modifiers" and b"unsafe" in one.text for one in child.children)
            if unsafe:
                yield child
            else:
                yield from functions(child)
        attributes = attributes if "comment" in child.type else ""


class Lister:
    def __init__(self, file, source, function, found):
        self.file = file
        self.lines = source.split("\n")
        self.function = function
        self.name = function.child_by_field_name("name").text.decode()
        self.found = found

    def run(self):
        body = self.function.child_by_field_name("body")
        first = next((child for child in body.named_children if "comment" not in child.type), None)
        result = self.function.child_by_field_name("return_type")
        constant = "()" if result is None else next(
            (value for pattern, value in CONSTANTS if re.fullmatch(pattern, result.text.decode())), None)
        if first and constant:
            arrow = f" -> {result.text.decode()}" if result else ""
            self.add("FnValue", first, f"replace {self.name}{arrow} with {constant}", constant)
        self.visit(body)

    def visit(self, node):
        match node.type:
            case "binary_expression":
                operator = node.child_by_field_name("operator")
                text = operator.text.decode()
                for other in OPERATORS.get(text, []):
                    self.add("BinaryOperator", operator, f"replace {text} with {other} in {self.name}", other)
            case "unary_expression" if node.children[0].type == "!":
                self.add("UnaryOperator", node, f"delete ! in {self.name}", "")
            case "expression_statement" if node.children[-1].type == ";" and node.children[0].type in (
                    "try_expression", "call_expression"):
                text = re.sub(r"\s+", " ", re.sub(r"//.*", "", node.text.decode()))
                self.add("Statement", node, f"delete {text} in {self.name}", "")
            case "match_expression":
                self.arms(node)
        for child in node.named_children:
            self.visit(child)

    def arms(self, node):
        """Adds the deletions of arms if the last one matches every value."""
        arms = [arm for arm in node.child_by_field_name("body").named_children if arm.type == "match_arm"]
        patterns = [arm.child_by_field_name("pattern") for arm in arms]
        if patterns[-1].text == b"_":
            for pattern in patterns[:-1]:
                text = re.sub(r"\s+", " ", pattern.text.decode())
                self.add("MatchArm", pattern, f"delete match arm {text} in {self.name}", "")

    def add(self, genre, node, text, replacement):
        row, column = node.start_point
        column = len(self.lines[row].encode()[:column].decode()) + 1
        self.found.append({"file": self.file, "name": f"{self.file}:{row + 1}:{column}: {text}", "genre": genre,
                           "span": {"start": {"line": row + 1, "column": column}}, "replacement": replacement})
