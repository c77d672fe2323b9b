"""Tables: medians with their spread, ratios taken within each round."""

from statistics import median


def ratios(mine, theirs):
    """A machine that slows down does so for both of a round: the quotient stays."""
    return [a / b for a, b in zip(mine, theirs)]


def number(value):
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def spread(samples):
    """`median (lowest to highest)`."""
    return f"{number(median(samples))} ({number(min(samples))} to {number(max(samples))})"


def verdict(goal, reached):
    return f"{goal}: {'met' if reached else '**missed**'}"


def table(title, head, rows, notes=()):
    lines = [f"### {title}", "", "| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    lines += [""] + [f"{note}  " for note in notes] + ([""] if notes else [])
    return "\n".join(lines)
