"""The part of the page on errors."""

from statistics import median


def samples_table(networks):
    lines = ["| | error at 128 samples, plain | stratified | saved | reached, plain | stratified |", "|---" * 6 + "|"]
    for title, found in networks.items():
        lines.append(f"| **{title}** | | | | | |")
        for method, row in found["samples"].items():
            reached = [
                f"{error:.3f} (M {low}–{high})"
                for _, error, low, high in (row["target"][noise] for noise in ("plain", "stratified"))
            ]
            lines.append(
                f"| {method} | {row['plain']:.4f} | {row['stratified']:.4f} | {row['saved']:.1f} × | {' | '.join(reached)} |"
            )
    return "\n".join(lines)


def time_table(ways):
    lines = ["| | seconds | ÷ kerasal, plain | error |", "|---|---|---|---|"]
    for way, row in ways.items():
        if "cannot" in row:
            lines.append(f"| {way}: {row['cannot']} | | | |")
            continue
        error = "–" if row["error"] is None else f"{row['error']:.3f}"
        lines.append(f"| {way} | {row['seconds']:.3g} | {row['ratio']:.2f} | {error} |")
    return "\n".join(lines)


def path_table(path):
    """Medians of the trainings, of shares with the smallest and the largest."""
    shares = list(next(iter(path.values()))[0]["share"])
    lines = [
        f"| | midpoint, 8 / 32 / 128 nodes | trapezoid | {' | '.join(f'share of {n}' for n in shares)} |",
        "|---" * (3 + len(shares)) + "|",
    ]
    for title, trainings in path.items():
        at = [trainings[0]["nodes"].index(n) for n in (8, 32, 128)]
        errors = [
            " / ".join(f"{median(found[rule][k] for found in trainings):.2g}" for k in at)
            for rule in ("midpoint", "trapezoid")
        ]
        of_shares = [[found["share"][n] for found in trainings] for n in shares]
        told = " | ".join(f"{median(share):.2f} ({min(share):.2f}–{max(share):.2f})" for share in of_shares)
        lines.append(f"| {title} | {' | '.join(errors)} | {told} |")
    return "\n".join(lines)
