"""BayesGrad where dropout comes late beside the loop by hand: {title: ("loop by hand", function of quick -> (ours, theirs, None))}."""

from late_dropout import HAND, MEAN, NETWORKS, SHARED, way


def dropout_and_hand(name, ours):
    """A pair: the mean and the standard deviation over samples, or |mean| alone."""

    def pair(quick):
        workload = NETWORKS["cnn-1" if quick else name]
        job, amount = workload.make(), 4 if quick else workload.samples
        ways = [way(job, each) for each in (ours, HAND)]
        return *(lambda explain=explain: explain(amount)[0] for explain in ways), None

    return pair


LATE = {
    f"BayesGrad, M = {NETWORKS[name].samples}, {NETWORKS[name].title}{says}": (
        "loop by hand",
        dropout_and_hand(name, ours),
    )
    for name in ("mobilenet", "efficientnet", "vgg16")
    for ours, says in ((SHARED, ""), (MEAN, ', `method="mean_abs"`'))
}
