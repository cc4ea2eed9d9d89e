"""Why a mutant survives that no test can tell from the program: one reason for each family."""

from __future__ import annotations

import re
from typing import NamedTuple

from mutants import Mutant


class Family(NamedTuple):
    """Mutants that survive for one reason.

    Attributes:
        operator: what cosmic-ray's operators are called, a regular expression.
        before: what their lines look like, a regular expression.
        reason: why no test can or need tell them from the program.
        after: what their lines look like with the fault, a regular expression.
    """

    operator: str
    before: str
    reason: str
    after: str = ""


UNEXPLAINED = "unexplained"

FAMILIES = [
    # -- what is the same thing ----------------------------------------------------------------
    Family(
        "Is_Eq|IsNot_NotEq",
        r"__class__|\bkind\b|type\(",
        "a class equals itself alone",
    ),
    Family(
        "Is_Eq|IsNot_NotEq",
        r"row is relu|op is LEAF|self is _where_true|interval is not REALS",
        "rows of the table and intervals have no == of their own: each equals itself alone",
    ),
    Family(
        "(Not)?Eq_Is(Not)?$",
        r"row\.name == name|order == \"topological\"|i == last|self\.name == \"neg\"|"
        r"len\(operands\) != len\(self\.arguments\)|len\(names\) == len\(operands\)|"
        r"len\(operand_names\(\[rule\]\)\) != len\(rules\)|len\(domains\) != len\(rules\)",
        "in CPython equal names and small ints are one object",
    ),
    Family(
        "NumberReplacer|USub",
        r"first = self\.(neurons|layers)|len\(self\.(layers\[0\]\.)?neurons\[0\]\.w\)",
        "all neurons of a layer are alike",
        r"\[ ?-1\]",
    ),
    # -- the only one: [0] and [-1] ------------------------------------------------------------
    Family(
        "NumberReplacer|USub",
        r"(parts|row)\[0\] if isinstance\(argnums, int\)",
        "there is one part, [0] and [-1]",
        r"\[ ?-1\]",
    ),
    Family(
        "NumberReplacer|USub",
        r"by_hand(\[self\]\(| = getattr\()operands\[0\]|return f\"-\{operands\[0\]\}\"",
        "there is one operand, [0] and [-1]",
        r"\[ ?-1\]",
    ),
    Family(
        "NumberReplacer|USub",
        r"operands\[0\], slopes\[0\]\)$|= row\.forward, row\.partials\[0\]$",
        "there is one slope, [0] and [-1]",
        r"\[ ?-1\]",
    ),
    Family("NumberReplacer|USub", r"return self\.roots\[0\]$", "there is one root, [0] and [-1]"),
    Family(
        "NumberReplacer|USub",
        r"nodes\[x\[0\]\] if x\.__class__ is tuple",
        "a row's number is alone in its tuple, [0] and [-1]",
        r"\[ ?-1\]",
    ),
    Family(
        "NumberReplacer|USub",
        r"return (values|squares)\[0\] if len\((values|squares)\) == 1",
        "there is one, [0] and [-1]",
        r"\[ ?-1\]",
    ),
    # -- what is never asked -------------------------------------------------------------------
    Family("NumberReplacer", r"^def .*\.\.\.$", "a default that only a type checker reads"),
    Family(
        "AddNot",
        r"^if TYPE_CHECKING:  # what the loop below",
        "the loop below puts its methods in the place of these, which have the same names",
    ),
    Family(
        "NumberReplacer",
        r"^LEAF = Primitive",
        "a leaf's row marks what no operation made: nothing applies it or asks for its partial",
    ),
    Family("Eq_GtE|Eq_LtE", r"denominator == 1", "the denominator of a Rational is at least 1"),
    Family("Eq_GtE", r"if i == last else|if i == 2 \* n else", "i is never beyond the last"),
    Family(
        "Eq_LtE",
        r"^(el)?if (n|len\(operands\)|len\(fresh\)) == [01]( or|:)|"
        r"if len\((values|squares)\) == 1 else",
        "a length is never negative, and none here is 0 where 1 is asked for",
    ),
    Family(
        "Eq_GtE",
        r"^elif len\(operands\) == 1:$",
        "only functions of one operand are in __by_hand__",
    ),
    Family(
        "Eq_GtE",
        r"if row\.name == name$",
        'a symbol, and "abs" and "neg" too, sort before the names that stand for them here',
    ),
    Family(
        "Sub_RShift|Eq_LtE",
        r"len\(row\.arguments\) - len\(row\.defaults\) == 1",
        "of one operand, of two with one default, and of more without are all rows there are",
    ),
    Family(
        "Eq_GtE",
        r'notation\[0\] == "\["|order == "topological"',
        "there is one other spelling, already checked, and it sorts before this one",
    ),
    Family(
        "Gt_GtE",
        r"^if len\(operands\) > len\(names\) or twice",
        "with an operand for every name any keyword is one too many, which the rest finds",
    ),
    Family(
        "Eq_GtE",
        r"^if len\(names\) == len\(operands\):$",
        "there are fewer operands than names for an empty list alone, which is written the same",
    ),
    Family(
        "NumberReplacer|Lt_LtE",
        r'^sign = "-" if above < 0 else ""$',
        "a number so long is not 0, and no whole number is between 0 and 1",
        r"above (<=|< 1)",
    ),
    Family(
        "Gt_GtE|NumberReplacer|USub",
        r"^return inf if total > 0 else -inf$",
        "a total that overflows is nowhere near 0",
    ),
    Family(
        "NotEq_Gt$",
        r"index != int\(index\)",
        "int() rounds down what is not negative",
    ),
    Family(
        "NotEq_Gt$",
        r"^if set\(map\(type, parents\)\) != _VALUES or",
        "the first of xs is a float, so that float is among their types",
        r"> _FLOATS",
    ),
    # -- what is not used ----------------------------------------------------------------------
    Family(
        "NumberReplacer|USub",
        r"^inner, _ = _inner_order\(root, 0\.0\)$",
        "the gradients that would start from it are not asked for",
    ),
    Family(
        "NumberReplacer|USub", r"^total: Any = 0$", "a constant has no gradient, whatever it is"
    ),
    Family(
        "NumberReplacer",
        r"^slope = n \* where\(n > 0, x, where\(n < 0, x, 1\)\)",
        "it is not used for n = 0, where any base but 0 serves",
    ),
    Family(
        "NumberReplacer|Add_Sub",
        r"^return where\(r > 0, r, 1 \+ r\)",
        "at the origin what it divides is 0, so that anything but 0 serves, and a nan stays one",
    ),
    Family(
        "NumberReplacer|Gt_GtE",
        r"expm1\(where\(x > 0, 0, x\)\)\),$",
        "for x > 0 that branch is not chosen, and need only be finite; at 0 both are 0",
    ),
    # -- the same number by another road -------------------------------------------------------
    Family(
        "Add_Bit(Or|Xor)",
        r"^EXACT_INTS = ",
        "2**53 is even, so that adding 1 sets the last bit alone",
    ),
    Family(
        "OrWithAnd|AddNot|Is_IsNot",
        r"^if kind is float or kind is int or kind is complex:",
        "the roads below give the same number; this one is quick",
    ),
    Family("Mul_(Div|Pow)", r"^return x \* 1 if", "x / 1 and x ** 1 are x, with derivative 1"),
    Family(
        "NumberReplacer|USub",
        r"^nearest = ",
        "any large number serves at which exp and its kin are still finite",
    ),
    Family(
        "NumberReplacer|USub|Lt_LtE",
        r"^if x < 0:$",
        "near 0 both forms are finite and keep all digits",
    ),
    Family(
        "NumberReplacer|Gt_GtE",
        r"^return x \+ math\.log1p\(math\.exp\(-x\)\) if x > 0",
        "near 0 both forms are finite and keep all digits",
    ),
    Family(
        "AndWithOr",
        r"^if isinstance\(x, Value\) and self.outside is None:",
        "any of the Values from outside serves, and a plain number in place of one gives the same "
        "numbers by a longer road",
    ),
    Family(
        "Lt_LtE",
        r"where\(x2 < 0, 0, x2\)",
        "at 0 both branches are 0",
    ),
    Family(
        "Lt_LtE|Gt_GtE",
        r"^lambda x(, slope)?: where\(x [<>] 0, ",
        "at 0 both branches are 0",
    ),
    Family(
        "Sub_Mul",
        r"x - x\)\),$",
        "it is reached at 0, where both are 0, and at nan, where both are nan",
    ),
    Family(
        "NumberReplacer",
        r"^lambda x: where\(x > 0, 1, where\(x < 0, 0, x - x\)\),$",
        "for every finite x <= 0 both branches are 0",
    ),
    Family(
        "Gt_GtE|Lt_LtE",
        r"^return x1 if x1 [<>] x2|^return low if x < low else high if x > high",
        "where two are equal either is the answer",
    ),
    Family(
        "NumberReplacer|USub",
        r"^numbers = xs\[0\]\.__class__ is float$|^by_hand = getattr\(ws\[0\]",
        "lists of numbers and Values mixed go to the table by either road",
        r"\[ ?-1\]",
    ),
    Family("Sub_Mod", r"else operands\[i - n\]$", "i is in [n, 2 n), where i % n is i - n"),
    Family(
        "FloorDiv|NumberReplacer",
        r"^complex=lambda \*zs: sum\(map\(operator\.mul, ",
        "map stops at the end of the shorter list",
    ),
    Family(
        "Eq_(LtE|GtE)",
        r"x - x == 0\), default=0\)$",
        "x - x is 0 or nan",
    ),
    Family(
        "NumberReplacer|USub",
        r"x - x == 0\), default=0\)$",
        "a shift of all logits changes nothing",
    ),
    Family(
        "Eq_(LtE|GtE)",
        r"x\.__class__ is not complex and x == x and",
        "of a real number x all three tell whether it is a nan",
    ),
    Family(
        "Gt_GtE",
        r"abs\(sum\(weights\) - 1\) > 1e-9",
        "a float near 1 differs from it by a multiple of 2**-53, which 1e-9 is not",
    ),
]


def reason(mutant: Mutant) -> str:
    """The reason of the first family that the mutant is in, else UNEXPLAINED."""
    for family in FAMILIES:
        patterns = (family.operator, family.before, family.after)
        texts = (mutant.operator, mutant.before, mutant.after)
        if all(map(re.search, patterns, texts)):
            return family.reason
    return UNEXPLAINED
