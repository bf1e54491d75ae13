"""What the page tells of errors."""


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
    shares = list(next(iter(path.values()))["share"])
    lines = [
        f"| | midpoint, 8 / 32 / 128 nodes | trapezoid | {' | '.join(f'share of {n}' for n in shares)} |",
        "|---" * (3 + len(shares)) + "|",
    ]
    for title, found in path.items():
        at = [found["nodes"].index(n) for n in (8, 32, 128)]
        errors = [" / ".join(f"{found[rule][k]:.2g}" for k in at) for rule in ("midpoint", "trapezoid")]
        told = " | ".join(f"{found['share'][n]:.2f}" for n in shares)
        lines.append(f"| {title} | {' | '.join(errors)} | {told} |")
    return "\n".join(lines)
